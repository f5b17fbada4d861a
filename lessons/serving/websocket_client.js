// The WebSocket client in the page: the browser's own WebSocket. Its twin in Python is background_client.py.

/**
 * Opens a WebSocket and listens until it is closed; it doesn't reconnect by itself.
 *
 * The browser makes the frames: a page can't send a ping, a fragment or a broken frame.
 *
 * @param {string} base - the server's address, without a slash at the end; http becomes ws, and https wss
 * @param {(what: {news?: string, status?: string, reason?: string}) => void} report - takes what the client hears
 * @param {{path?: string, subprotocols?: string[]}} options - what to open, and the subprotocols to ask for
 * @returns {{stop: () => void, send: (text: string) => void, sendBinary: (hex: string) => void,
 *   close: (code: number, reason: string) => void}}
 */
export function connect(base, report, { path = "/", subprotocols = [] } = {}) {
  const socket = new WebSocket(base.replace(/^http/, "ws") + path, subprotocols);
  socket.binaryType = "arraybuffer";
  socket.onopen = () =>
    report({ status: "connected", reason: socket.protocol ? `subprotocol ${socket.protocol}` : "" });
  socket.onmessage = ({ data }) => report({ news: typeof data === "string" ? data : inHexadecimal(data) });
  socket.onclose = ({ code, reason }) => report({ status: "closed", reason: closingWords(code, reason) });

  /** Does something that the browser may refuse, and reports why if it does. */
  function attempt(action) {
    try {
      action();
    } catch (error) {
      report({ status: "connected", reason: error.message });
    }
  }

  return {
    stop: () => socket.close(),
    send: (text) => attempt(() => socket.send(text)),
    sendBinary: (hex) => attempt(() => socket.send(Uint8Array.from(hex.match(/../g) ?? [], (each) => parseInt(each, 16)))),
    close: (code, reason) => attempt(() => socket.close(code, reason)),
  };
}

function inHexadecimal(buffer) {
  const shown = Array.from(new Uint8Array(buffer, 0, Math.min(16, buffer.byteLength)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  );
  return `${buffer.byteLength} bytes: ${shown.join(" ")}${buffer.byteLength > 16 ? " …" : ""}`;
}

function closingWords(code, reason) {
  if (code === 1006) return "1006: broken off, without a Close frame";
  if (code === 1005) return "1005: a Close frame without a code";
  return reason ? `${code}, ${reason}` : String(code);
}
