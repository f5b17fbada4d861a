"""Typical wrong solutions of the handshake's exercise, each with words of the first hint that its author should get."""

import base64
import hashlib

from lessons.handshake.solution import GUID, answer_handshake

END = b"\r\n\r\n"
BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"


def key_in(received):
    return received.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0]


def switch(token, end=END):
    fields = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
    return b"HTTP/1.1 101 Switching Protocols\r\n" + fields + token + end


def token_of(key):
    return base64.b64encode(hashlib.sha1(key + GUID).digest())


def headers_of(received):
    lines = received.partition(END)[0].split(b"\r\n")[1:]
    return {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}


def size_of(received):
    return received.index(END) + 4


def returns_the_response_alone(received):
    return switch(token_of(key_in(received)))


def forgets_the_blank_line(received):
    return switch(token_of(key_in(received)), b"\r\n"), len(received)


def ends_lines_as_unix_does(received):
    return switch(token_of(key_in(received))).replace(b"\r\n", b"\n"), len(received)


def forgets_the_guid(received):
    return switch(base64.b64encode(hashlib.sha1(key_in(received)).digest())), len(received)


def encodes_hexadecimal_digits(received):
    digits = hashlib.sha1(key_in(received) + GUID).hexdigest()
    return switch(base64.b64encode(digits.encode())), len(received)


def decodes_the_key(received):
    return switch(token_of(base64.b64decode(key_in(received)))), len(received)


def forgets_the_upgrade_field(received):
    return switch(token_of(key_in(received))).replace(b"Upgrade: websocket\r\n", b""), len(received)


def answers_the_same_always(received):
    return switch(b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), len(received)


def looks_for_one_spelling(received):
    if b"Sec-WebSocket-Key: " not in received:
        return BAD_REQUEST, len(received)
    return switch(token_of(key_in(received))), len(received)


def needs_a_blank_before_values(received):
    lines = received.partition(END)[0].split(b"\r\n")[1:]
    headers = {name.lower(): value for name, _, value in (line.partition(b": ") for line in lines)}
    if b"sec-websocket-key" not in headers:
        return BAD_REQUEST, len(received)
    return switch(token_of(headers[b"sec-websocket-key"])), len(received)


def looks_for_one_connection(received):
    headers = headers_of(received)
    if headers.get(b"connection") != b"Upgrade":
        return BAD_REQUEST, len(received)
    return switch(token_of(headers[b"sec-websocket-key"])), len(received)


def splits_at_comma_and_blank(received):
    headers = headers_of(received)
    if b"upgrade" not in headers.get(b"connection", b"").lower().split(b", "):
        return BAD_REQUEST, len(received)
    return switch(token_of(headers[b"sec-websocket-key"])), len(received)


def looks_for_one_spelling_of_websocket(received):
    if headers_of(received).get(b"upgrade") != b"websocket":
        return BAD_REQUEST, len(received)
    return answer_handshake(received)


def looks_for_one_spelling_of_upgrade(received):
    if b"Upgrade" not in headers_of(received).get(b"connection", b""):
        return BAD_REQUEST, len(received)
    return answer_handshake(received)


def wants_it_in_one_read(received):
    headers = headers_of(received)
    if b"sec-websocket-key" not in headers:
        return BAD_REQUEST, len(received)
    return switch(token_of(headers[b"sec-websocket-key"])), len(received)


def takes_the_first_frame_too(received):
    if END not in received:
        return None
    return switch(token_of(headers_of(received)[b"sec-websocket-key"])), len(received)


def takes_any_method(received):
    return answer_handshake(received.replace(b"POST", b"GET", 1))


def says_nothing_when_it_refuses(received):
    answered = answer_handshake(received)
    if answered is not None and b" 101 " not in answered[0]:
        return b"", answered[1]
    return answered


def forgets_which_method_is_allowed(received):
    answered = answer_handshake(received)
    return answered and (answered[0].replace(b"Allow: GET\r\n", b""), answered[1])


def takes_any_upgrade(received):
    return answer_handshake(received.replace(b"h2c", b"websocket"))


def takes_any_version(received):
    return answer_handshake(received.replace(b"Version: 8", b"Version: 13"))


def says_400_to_other_versions(received):
    answered = answer_handshake(received)
    return answered and (answered[0].replace(b"426 Upgrade Required", b"400 Bad Request"), answered[1])


def names_no_protocol(received):
    answered = answer_handshake(received)
    return answered and (
        answered[0].replace(b"426 Upgrade Required\r\nUpgrade: websocket", b"426 Upgrade Required"),
        answered[1],
    )


def does_not_list_upgrade(received):
    answered = answer_handshake(received)
    return answered and (answered[0].replace(b"Upgrade, close", b"close"), answered[1])


def names_no_protocol_where_none_was_asked_for(received):
    answered = answer_handshake(received)
    return answered and (answered[0].replace(b"400 Bad Request", b"426 Upgrade Required"), answered[1])


def takes_any_key(received):
    headers = headers_of(received)
    if headers.get(b"sec-websocket-key") == b"c2hvcnQ=":
        return switch(token_of(b"c2hvcnQ=")), size_of(received)
    return answer_handshake(received)


def skips_what_is_not_base64(received):
    return answer_handshake(received.replace(b"Key: !!!!", b"Key: "))


PROMISED_HINTS = {
    returns_the_response_alone: "Your function returns one thing",
    forgets_the_blank_line: "what ends the head as a whole",
    ends_lines_as_unix_does: "What ends a line of HTTP",
    forgets_the_guid: "never heard of WebSocket",
    encodes_hexadecimal_digits: "How many bytes has a SHA-1 digest",
    decodes_the_key: "before you hash it",
    forgets_the_upgrade_field: "field by field",
    answers_the_same_always: "another key",
    looks_for_one_spelling: "Which spelling",
    needs_a_blank_before_values: "between the colon and the value",
    looks_for_one_connection: "Of what is `Connection` a list",
    splits_at_comma_and_blank: "What separates the members of a list",
    looks_for_one_spelling_of_websocket: "In which case do you expect the value of `Upgrade`",
    looks_for_one_spelling_of_upgrade: "In which case do you expect the value of `Upgrade`",
    wants_it_in_one_read: "half of the request",
    takes_the_first_frame_too: "behind the blank line",
    takes_any_method: "Which methods",
    says_nothing_when_it_refuses: "ends without a word",
    forgets_which_method_is_allowed: "Which methods",
    takes_any_upgrade: "Is every upgrade",
    takes_any_version: "version 8",
    says_400_to_other_versions: "version 8",
    names_no_protocol: "To what?",
    does_not_list_upgrade: "To what?",
    names_no_protocol_where_none_was_asked_for: "To what?",
    takes_any_key: "How long is a key",
    skips_what_is_not_base64: "at a character that isn't base64",
}
