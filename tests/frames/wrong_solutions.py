"""Typical wrong solutions of the frames' exercise, each with words of the first hint that its author should get."""

import struct

from lessons.frames.solution import decode_frame
from lessons.protocols.websocket_frames import Frame


def unmask(key, masked):
    return bytes(byte ^ key[at % 4] for at, byte in enumerate(masked))


def short(data, fin, opcode, length):
    return Frame(opcode, unmask(data[2:6], data[6 : 6 + length]), fin), 6 + length


def lenient(data):
    """A decoder that obeys no rules, but reads all frames."""
    second = data[1] if len(data) > 1 else 0
    extra = {126: 2, 127: 8}.get(second & 0x7F, 0)
    begin = 2 + extra + (4 if second & 0x80 else 0)
    if len(data) < max(2, begin):
        return None
    end = begin + (int.from_bytes(data[2 : 2 + extra], "big") if extra else second & 0x7F)
    if len(data) < end:
        return None
    payload = unmask(data[begin - 4 : begin], data[begin:end]) if second & 0x80 else data[begin:end]
    return Frame(data[0] & 15, payload, data[0] > 127, data[0] & 0x70), end


def strict_unless(allowed):
    """The solution, but what `allowed` says of the data is let pass."""
    return lambda data: lenient(data) if len(data) > 1 and allowed(data) else decode_frame(data)


def returns_the_frame_alone(data):
    return short(data, data[0] > 127, data[0] & 15, data[1] & 127)[0]


def returns_the_size_of_the_payload(data):
    return short(data, data[0] > 127, data[0] & 15, data[1] & 127)[0], data[1] & 127


def returns_a_list_of_numbers(data):
    return Frame(data[0] & 15, list(unmask(data[2:6], data[6:])), data[0] > 127), len(data)


def returns_text(data):
    return Frame(data[0] & 15, unmask(data[2:6], data[6:]).decode("latin-1"), data[0] > 127), len(data)


def returns_nothing_as_payload(data):
    return Frame(data[0] & 15, None, data[0] > 127), len(data)


def takes_the_bit_for_yes(data):
    return short(data, data[0] & 128, data[0] & 15, data[1] & 127)


def returns_the_opcode_as_bytes(data):
    return short(data, data[0] > 127, data[:1], data[1] & 127)


def forgets_to_unmask(data):
    return Frame(data[0] & 15, data[6:], data[0] > 127), len(data)


def takes_the_key_for_payload(data):
    return Frame(data[0] & 15, data[2:], data[0] > 127), len(data)


def shifts_before_it_masks(data):
    return short(data, data[0] & 0x80 >> 7 == 1, data[0] & 15, data[1] & 127)


def reads_fin_as_bit_0(data):
    return short(data, bool(data[0] & (0x80 >> 7)), data[0] & 15, data[1] & 127)


def writes_octal(data):
    return short(data, data[0] > 127, data[0] & 0o1111, data[1] & 127)


def believes_all_is_final(data):
    return short(data, True, data[0] & 15, data[1] & 127)


def has_a_bit_too_few(data):
    return short(data, data[0] > 127, data[0] & 15, data[1] & 0b0111111)


def knows_short_lengths_only(data):
    return short(data, data[0] > 127, data[0] & 15, data[1] & 127)


def reads_the_lowest_byte_first(data):
    if data[1] & 127 == 126:
        length = int.from_bytes(data[2:4], "little")
        return Frame(data[0] & 15, unmask(data[4:8], data[8 : 8 + length]), data[0] > 127), 8 + length
    return short(data, data[0] > 127, data[0] & 15, data[1] & 127)


def wants_it_in_one_read(data):
    return lenient(data) or (Frame(1, b""), len(data))


def reaches_behind_the_end(data):
    length = data[1] & 127
    return lenient(data) if length else decode_frame(data)


def unpacks_what_is_not_there(data):
    struct.unpack("!BB", data[:2])
    return decode_frame(data)


def takes_all_that_has_come(data):
    decoded = lenient(data)
    return decoded and (decoded[0], len(data))


def unmasks_the_first_fifty_only(data):
    decoded = decode_frame(data)
    if decoded is None or len(decoded[0].payload) <= 50:
        return decoded
    frame, size = decoded
    return Frame(frame.opcode, frame.payload[:50] + data[size - len(frame.payload) + 50 : size], frame.fin), size


def takes_unmasked_frames(data):
    return strict_unless(lambda data: not data[1] & 0x80)(data)


def takes_reserved_bits(data):
    return strict_unless(lambda data: data[0] & 0x70)(data)


def takes_any_opcode(data):
    return strict_unless(lambda data: data[0] & 15 not in (0, 1, 2, 8, 9, 10))(data)


def takes_control_frames_in_fragments(data):
    return strict_unless(lambda data: data[0] & 15 >= 8 and data[0] < 128)(data)


def takes_long_control_frames(data):
    return strict_unless(lambda data: data[0] & 15 >= 8 and data[1] & 127 > 125)(data)


def takes_any_length(data):
    return strict_unless(lambda data: data[0] & 0x7F < 3 and data[1] & 0x80)(data)


PROMISED_HINTS = {
    returns_the_frame_alone: "Your function returns one thing",
    returns_the_size_of_the_payload: "from its first to its last",
    returns_a_list_of_numbers: "Of which type is your payload",
    returns_text: "Of which type is your payload",
    returns_nothing_as_payload: "Of which type is your payload",
    takes_the_bit_for_yes: "yes or no, or a number",
    returns_the_opcode_as_bytes: "Which bits of the first byte",
    forgets_to_unmask: "before it sent it",
    takes_the_key_for_payload: "Where does the payload begin",
    shifts_before_it_masks: "the opcode is odd",
    reads_fin_as_bit_0: "the opcode is odd",
    writes_octal: "written in binary",
    believes_all_is_final: "Which bits of the first byte",
    has_a_bit_too_few: "how many has your mask",
    knows_short_lengths_only: "126 or 127",
    reads_the_lowest_byte_first: "In which order",
    unmasks_the_first_fifty_only: "How many bits has the length",
    wants_it_in_one_read: "Half of a frame",
    reaches_behind_the_end: "Half of a frame",
    unpacks_what_is_not_there: "Half of a frame",
    takes_all_that_has_come: "Two frames have come",
    takes_unmasked_frames: "Who has to mask",
    takes_reserved_bits: "three bits behind FIN",
    takes_any_opcode: "Which opcodes",
    takes_control_frames_in_fragments: "What may a control frame not do",
    takes_long_control_frames: "What may a control frame not do",
    takes_any_length: "In how many ways",
}
