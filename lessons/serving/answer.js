// What a client in the page takes of an answer, whoever gives it. Its twin in Python is clients/http_client.py.

/** The longest answer, and the longest part of a stream without news, that a client takes, in characters. */
export const LONGEST_ANSWER = 4 * 1024 * 1024;

/** Yields the text of an answer as it comes; a character may be split between two pieces. */
export async function* texts(answer) {
  if (!answer.body) return;
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) yield piece.value;
  } finally {
    reader.cancel().catch(() => {}); // whoever stops before the end wants no more of it
  }
}

/** Reads an answer to its end; rejects if it is too long. */
export async function textOf(answer) {
  let text = "";
  for await (const piece of texts(answer)) {
    text += piece;
    if (text.length > LONGEST_ANSWER) throw new Error("the answer is longer than 4 MiB");
  }
  return text;
}
