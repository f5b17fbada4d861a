"""The exercise of the handshake: answer a client that asks for a WebSocket.

The cases know `answer_handshake` by what it answers to bytes; what they make of an answer is what the lessons' client
makes of it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

from lessons.exercise import Case, CaseFailedError, Exercise, Hints, NothingReturnedError, brief, given
from lessons.handshake.requests import KEY, OTHER_KEY, REQUEST, request
from lessons.protocols.http_head import END_OF_HEAD, HeadError, Headers, ResponseHead, parse_response
from lessons.protocols.websocket_handshake import GUID, HandshakeError, accept_token, check_response

AnswerHandshake = Callable[[bytes], tuple[bytes, int] | None]


def answer_handshake(received: bytes) -> tuple[bytes, int] | None:
    """Answer a client that asks for a WebSocket.

    Args:
        received: all bytes that have come so far; TCP may have cut them anywhere.

    Returns:
        The response, and how many bytes the request took; `None` while its blank line is still to come.
    """
    raise NotImplementedError


BEGIN = (
    "What do you need of the request in order to answer it, and what does your answer consist of?",
    "Find the value of `Sec-WebSocket-Key`. Append the GUID, hash with SHA-1, write the digest in base64.",
    'Return a pair. First `b"HTTP/1.1 101 Switching Protocols\\r\\n" …`: behind the status line `Upgrade`, '
    "`Connection` and `Sec-WebSocket-Accept`, each ended by `\\r\\n`, then a blank line. Second, how many bytes the "
    "request's head took, its blank line included. Then check.",
)
NO_PAIR = (
    "Your function returns one thing. Which second one does the server need in order to go on?",
    "Where the request ends: whatever comes behind it belongs to the frames, and not to you.",
    "Return a pair: `return response, size`.",
)
LINES_NOT_ENDED = (
    "What ends a line of HTTP, and what ends the head as a whole?",
    "Each line ends with the two bytes `\\r\\n`, the last one too, and behind it comes an empty line: `\\r\\n` again.",
    'End your answer with `b"\\r\\n\\r\\n"`, and nothing behind it.',
)
NOT_ACCEPTED = (
    "What does a client look for in the answer, field by field?",
    "The status 101, `Upgrade: websocket`, `Connection: Upgrade`, and `Sec-WebSocket-Accept` with the right value.",
    "Compare your answer with that of the server above, byte by byte.",
)
KEY_ALONE = (
    "Could a server that has never heard of WebSocket have worked out your value?",
    "What proves that you know WebSocket is the GUID. Where does it come in?",
    "Hash `key + GUID`: the key as it stands in the request, the GUID right behind it.",
)
HEXADECIMAL = (
    "How many bytes has a SHA-1 digest, and how many has what you put into base64?",
    "20 bytes, and 40 hexadecimal digits. Which of them does base64 want?",
    "Use `.digest()`, not `.hexdigest()`.",
)
DECODED_KEY = (
    "What do you do to the key before you hash it?",
    "It is 16 random bytes in base64, and nobody needs the bytes: it is hashed as it stands there, as text.",
    "Don't decode it: `hashlib.sha1(key + GUID)`.",
)
ALWAYS_THE_SAME = (
    "The client has sent another key. Why is your answer the same?",
    "An answer that doesn't depend on the key could come from anywhere, from a cache for one.",
    "Compute `Sec-WebSocket-Accept` from the key in `received`.",
)


def answers_the_example(function: AnswerHandshake) -> None:
    """Expect the answer of RFC 6455, section 1.3."""
    _expect_accepted(function, REQUEST)


def answers_another_key(function: AnswerHandshake) -> None:
    """Expect an answer that goes with the key."""
    received = request(key=OTHER_KEY)
    with given(_lines(received)):
        response, _ = _answer(function, received)
        if _fields(response).get_all("Sec-WebSocket-Accept") == [accept_token(KEY)]:
            expected = f"Sec-WebSocket-Accept: {accept_token(OTHER_KEY)}"
            raise CaseFailedError(expected, f"{accept_token(KEY)}, which belongs to another key", ALWAYS_THE_SAME)
        _check_accepted(response, OTHER_KEY, NOT_ACCEPTED)


EXACT_NAMES = (
    "Which spelling of a header's name do you look for, and who says that a client spells it so?",
    "Names of header fields are the same in any case; proxies do respell them.",
    "Split each line at its first colon, and keep the values under `name.lower()`.",
)
NEEDS_A_BLANK = (
    "Must there be a blank between the colon and the value, or may there be one?",
    "Blanks around a value are optional and no part of it: `Host:127.0.0.1` says what `Host: 127.0.0.1` says.",
    'Split each line at the colon alone, `line.partition(b":")`, and keep `value.strip()`.',
)
NO_LIST = (
    "Of what is `Connection` a list, and how does your comparison find one member of it?",
    "Browsers send `keep-alive, Upgrade`. Does your comparison find the word in there?",
    'Split the value at its commas, strip each member, and look for `b"upgrade"` among them.',
)
LIST_NEEDS_BLANKS = (
    "What separates the members of a list: the comma, or the comma and a blank?",
    "`keep-alive,Upgrade` is the same list as `keep-alive, Upgrade`: the comma separates, a blank is optional.",
    'Split at the comma alone, `value.split(b",")`, and `.strip()` each member.',
)
EXACT_VALUES = (
    "In which case do you expect the value of `Upgrade`, and in which the members of `Connection`?",
    "Both are the same in any case: `WebSocket` is `websocket`, and `upgrade` is `Upgrade`.",
    'Compare both in lower case: `upgrade.lower() == b"websocket"`, and `b"upgrade"` among the members of '
    "`connection.lower()`.",
)


def reads_names_in_any_case(function: AnswerHandshake) -> None:
    """Expect field names to match in any case (RFC 9110, section 5.1)."""
    start, rest = REQUEST.split(b"\r\n", 1)
    names_lower = b"\r\n".join(
        name.lower() + colon + value for name, colon, value in (line.partition(b":") for line in rest.split(b"\r\n"))
    )
    _expect_accepted(function, start + b"\r\n" + names_lower, hints=EXACT_NAMES)


def reads_values_without_a_blank(function: AnswerHandshake) -> None:
    """Expect the blank before a value to be optional (RFC 9112, section 5)."""
    _expect_accepted(function, REQUEST.replace(b": ", b":"), hints=NEEDS_A_BLANK)


def reads_lists(function: AnswerHandshake) -> None:
    """Expect `Connection` to be read as a list, blanks behind its commas or not (RFC 9110, section 5.6.1)."""
    _expect_accepted(function, request(Connection="keep-alive, Upgrade"), hints=NO_LIST)
    _expect_accepted(function, request(Connection="keep-alive,Upgrade"), hints=LIST_NEEDS_BLANKS)


def reads_values_in_any_case(function: AnswerHandshake) -> None:
    """Expect the values of `Upgrade` and `Connection` to match in any case (RFC 6455, section 4.2.1)."""
    for received in (request(Upgrade="WebSocket"), request(Connection="upgrade")):
        _expect_accepted(function, received, hints=EXACT_VALUES)


ONE_READ = (
    "TCP has brought half of the request. What does your function make of it?",
    "TCP is a stream: one request may come in many reads, cut anywhere. What marks its end?",
    'While `b"\\r\\n\\r\\n"` isn\'t in `received`, return `None`: the server asks again with more.',
)
TAKES_ALL = (
    "What stands behind the blank line, and to whom does it belong?",
    "To the frames. A client that keeps the rules waits for the 101 before it sends one (RFC 6455, section 4.1). One "
    "that doesn't sends it right behind, and what you count as part of the request is lost.",
    'The request ends behind its blank line: `received.index(b"\\r\\n\\r\\n") + 4`.',
)


def waits_for_the_whole(function: AnswerHandshake) -> None:
    """Expect no answer to any beginning of a request."""
    for size in range(len(REQUEST)):
        with given(_lines(REQUEST[:size])):
            seen = function(REQUEST[:size])
            if seen is not None:
                expected = f"None while only {size} of {len(REQUEST)} bytes have come"
                raise CaseFailedError(expected, brief(seen), ONE_READ)


def leaves_what_follows(function: AnswerHandshake) -> None:
    """Expect the request to end at its blank line, whatever comes behind."""
    for behind in (b"\x81", b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", b"\r\n\r\n"):
        with given(_lines(REQUEST + behind)):
            response, size = _answer(function, REQUEST + behind)
            if size != len(REQUEST):
                expected = f"{len(REQUEST)} bytes taken, and {len(behind)} left for the frames"
                raise CaseFailedError(expected, f"{size} bytes taken", TAKES_ALL)
            _check_accepted(response, KEY, TAKES_ALL)


SILENT = (
    "What does a client learn from a connection that ends without a word?",
    "A refusal is an answer as well: a status that says what is wrong.",
    'Return `b"HTTP/1.1 400 Bad Request\\r\\nConnection: close\\r\\n\\r\\n"` or its like, with the size as ever.',
)
ANY_METHOD = (
    "Which methods may open a WebSocket?",
    "Only GET. What is the status for a method that isn't allowed?",
    "Answer 405, with the field `Allow: GET`.",
)
ANY_UPGRADE = (
    "Is every upgrade one to WebSocket?",
    "`Upgrade: h2c` asks for another protocol by the same means, and 101 would promise it.",
    "Answer 101 only if `Upgrade` is `websocket` and `Connection` lists `upgrade`; else 400 or 426.",
)
ANY_VERSION = (
    "The client speaks version 8. Which one do you speak?",
    "Your frames would be foreign to it. Tell it which version you do speak: which status and field do so?",
    "Answer 426 with `Sec-WebSocket-Version: 13`, unless the client's is 13.",
)
WITHOUT_UPGRADE = (
    "426 says `Upgrade Required`. To what? Where does your answer say so?",
    "A 426 must name the protocol in `Upgrade` (RFC 9110, section 15.5.22), and `Connection` must list `Upgrade` as a "
    "field that holds for this connection only (RFC 9110, section 7.8).",
    "Put `Upgrade: websocket` and `Connection: Upgrade, close` into each 426.",
)
ANY_KEY = (
    "How long is a key, once out of base64?",
    "16 bytes. A request without a key, or with one of another length, is no handshake.",
    "`base64.b64decode(key, validate=True)` raises ValueError at what isn't base64; else look at the length.",
)
SKIPPED_CHARACTERS = (
    "What does `b64decode` do at a character that isn't base64?",
    "It skips it, unless told otherwise: what comes out is 16 bytes long, and yet the key is none.",
    "`base64.b64decode(key, validate=True)` raises ValueError instead.",
)


def refuses_other_methods(function: AnswerHandshake) -> None:
    """Expect 405 with `Allow` for another method (RFC 9110, section 15.5.6)."""
    received = request("POST")
    with given(_lines(received)):
        _check_field(_expect_refused(function, received, (405,), ANY_METHOD), "Allow", "GET", ANY_METHOD)


def refuses_other_upgrades(function: AnswerHandshake) -> None:
    """Expect no 101 where something else is asked for, or nothing; a 426 says what to ask for."""
    requests = request(Upgrade="h2c"), request(Connection="keep-alive"), request(Upgrade=None, Connection=None)
    for received in requests:
        with given(_lines(received)):
            _check_upgrade_named(_expect_refused(function, received, (400, 426), ANY_UPGRADE))


def refuses_other_versions(function: AnswerHandshake) -> None:
    """Expect 426 with the version that is spoken here (RFC 6455, section 4.4; RFC 9110, section 15.5.22)."""
    received = request(**{"Sec-WebSocket-Version": "8"})
    with given(_lines(received)):
        refusal = _expect_refused(function, received, (426,), ANY_VERSION)
        _check_field(refusal, "Sec-WebSocket-Version", "13", ANY_VERSION)
        _check_upgrade_named(refusal)


def refuses_bad_keys(function: AnswerHandshake) -> None:
    """Expect 400 where the key is missing or isn't 16 bytes in base64 (RFC 6455, section 4.2.1)."""
    for key in (None, "", "c2hvcnQ=", "not base64 at all!!!!!!!", f"!!!!{KEY}"):
        received = request(key=key)
        with given(_lines(received)):
            _expect_refused(function, received, (400,), SKIPPED_CHARACTERS if key == f"!!!!{KEY}" else ANY_KEY)


# --- what an answer is worth ------------------------------------------------------------------------------------


def _lines(received: bytes) -> str:
    """Return bytes as a failure shows them: line by line, and what isn't printable as in Python."""
    return "\n".join(repr(line)[2:-1] for line in received.splitlines(keepends=True)) or "no byte yet"


def _answer(function: AnswerHandshake, received: bytes) -> tuple[bytes, int]:
    """Return what the function answers to a whole request, if that has the right shape."""
    seen: object = function(received)
    if seen is None or seen is ...:
        raise NothingReturnedError("a response, and how many bytes the request took", repr(seen), BEGIN)
    if not isinstance(seen, tuple) or list(map(type, seen)) != [bytes, int]:
        raise CaseFailedError("a pair: the response, of type bytes, and the size, an int", brief(seen), NO_PAIR)
    return seen


def _response(response: bytes) -> ResponseHead:
    """Read an answer as a client does."""
    if not response:
        raise CaseFailedError("a response that says why", "b''", SILENT)
    head, blank_line, _ = response.partition(END_OF_HEAD)
    try:
        if not blank_line:
            raise HeadError("There is no blank line to end the head (RFC 9112, section 2.1).")
        return parse_response(head)
    except HeadError as error:
        raise CaseFailedError("the head of an HTTP/1.1 response", str(error), LINES_NOT_ENDED) from None


def _fields(response: bytes) -> Headers:
    return _response(response).headers


def _expect_accepted(function: AnswerHandshake, received: bytes, hints: Hints = NOT_ACCEPTED) -> None:
    with given(_lines(received)):
        response, _ = _answer(function, received)
        _check_accepted(response, KEY, hints)


def _check_accepted(response: bytes, key: str, hints: Hints) -> None:
    """Expect an answer that a client takes for an agreement; some wrong tokens have hints of their own."""
    token = (_fields(response).get_all("Sec-WebSocket-Accept") or [""])[0]
    try:
        check_response(response.partition(END_OF_HEAD)[0], key, compression=False)
    except HandshakeError as error:
        raise CaseFailedError("101, and fields that suit", str(error), _wrong_tokens(key).get(token, hints)) from None
    if not response.endswith(END_OF_HEAD):
        raise CaseFailedError("nothing behind the blank line", repr(response[-20:]), LINES_NOT_ENDED)


def _wrong_tokens(key: str) -> dict[str, Hints]:
    """Return the tokens that typical mistakes lead to."""
    right = accept_token(key)
    digest = base64.b64decode(right)
    alone = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
    decoded = base64.b64encode(hashlib.sha1(base64.b64decode(key) + GUID.encode()).digest()).decode()
    hexadecimal = base64.b64encode(digest.hex().encode()).decode()
    return {alone: KEY_ALONE, decoded: DECODED_KEY, hexadecimal: HEXADECIMAL, digest.hex(): HEXADECIMAL}


def _expect_refused(
    function: AnswerHandshake, received: bytes, statuses: tuple[int, ...], hints: Hints
) -> ResponseHead:
    """Expect a refusal of one of the statuses, and return it."""
    refusal = _response(_answer(function, received)[0])
    if refusal.status not in statuses:
        expected = f"the status {' or '.join(map(str, statuses))}"
        raise CaseFailedError(expected, f"{refusal.status} {refusal.reason}", hints)
    return refusal


def _check_upgrade_named(refusal: ResponseHead) -> None:
    """Expect a 426 to say which protocol is required (RFC 9110, sections 7.8 and 15.5.22)."""
    if refusal.status == 426:
        _check_field(refusal, "Upgrade", "websocket", WITHOUT_UPGRADE)
        _check_field(refusal, "Connection", "Upgrade", WITHOUT_UPGRADE)


def _check_field(refusal: ResponseHead, name: str, member: str, hints: Hints) -> None:
    """Expect the field that a status calls for."""
    if not refusal.headers.has_token(name, member):
        raise CaseFailedError(
            f"{refusal.status} with the field {name}: {member}", f"{refusal.status} without it", hints
        )


EXERCISE = Exercise(
    answer_handshake,
    [
        Case("it answers the standard's example", answers_the_example),
        Case("it answers another key", answers_another_key),
        Case("it reads names of fields in any case", reads_names_in_any_case),
        Case("it takes a value without a blank before it", reads_values_without_a_blank),
        Case("it reads Connection as a list", reads_lists),
        Case("it reads the values of Upgrade and Connection in any case", reads_values_in_any_case),
        Case("it waits until the request is whole", waits_for_the_whole),
        Case("it leaves what stands behind the request", leaves_what_follows),
        Case("it refuses other methods than GET", refuses_other_methods),
        Case("it refuses what isn't an upgrade to WebSocket", refuses_other_upgrades),
        Case("it refuses other versions", refuses_other_versions),
        Case("it refuses bad keys", refuses_bad_keys),
    ],
    hints=BEGIN,
)
check = EXERCISE.check
hint = EXERCISE.hint
