"""Typical wrong solutions of the exercise on event streams, each with words of the first hint its author should get.

Each is right but for one mistake, so that it is that mistake which the check finds.
"""

import re


def whole_lines(pieces, ends=rb"\r\n|\n|\r"):
    unfinished, after_cr = b"", False
    for piece in pieces:
        new = piece.removeprefix(b"\n") if after_cr else piece
        after_cr = piece.endswith(b"\r")
        *lines, unfinished = re.split(ends, unfinished + new)
        yield from (line.decode(errors="replace") for line in lines)


def value_of(line):
    return line.partition(":")[2].removeprefix(" ")


def interpret(
    lines,
    value_of=value_of,
    join="\n".join,
    has_data=bool,
    type_after=lambda event_type: "",
    id_after=lambda event_id: event_id,
):
    event_type, data, event_id = "", [], ""
    for line in lines:
        name = line.partition(":")[0]
        if name == "event":
            event_type = value_of(line)
        elif name == "data":
            data.append(value_of(line))
        elif name == "id":
            event_id = value_of(line)
        elif not line:
            if has_data(data):
                yield event_type or "message", join(data), event_id
            event_type, data, event_id = type_after(event_type), [], id_after(event_id)


def reads_nothing(pieces):
    return list(pieces)[:0]


def returns_the_data_alone(pieces):
    return [data for _, data, _ in interpret(whole_lines(pieces))]


def keeps_the_space(pieces):
    return interpret(whole_lines(pieces), value_of=lambda line: line.partition(":")[2])


def knows_no_types(pieces):
    return (("message", data, event_id) for _, data, event_id in interpret(whole_lines(pieces)))


def keeps_the_type(pieces):
    return interpret(whole_lines(pieces), type_after=lambda event_type: event_type)


def forgets_the_id(pieces):
    return interpret(whole_lines(pieces), id_after=lambda event_id: "")


def keeps_the_last_line_only(pieces):
    return interpret(whole_lines(pieces), join=lambda data: data[-1])


def joins_without_newline(pieces):
    return interpret(whole_lines(pieces), join="".join)


def takes_heartbeats_for_events(pieces):
    return interpret(whole_lines(pieces), has_data=lambda data: True)


def asks_the_joined_text(pieces):
    return interpret(whole_lines(pieces), has_data="\n".join)


def strips_values(pieces):
    return interpret(whole_lines(pieces), value_of=lambda line: line.partition(":")[2].strip())


def splits_at_every_colon(pieces):
    return interpret(whole_lines(pieces), value_of=lambda line: (line + ":").split(":")[1].removeprefix(" "))


def takes_each_piece_for_itself(pieces):
    return interpret(line for piece in pieces for line in piece.decode(errors="replace").splitlines())


def decodes_each_piece(pieces):
    return interpret(whole_lines(piece.decode(errors="replace").encode() for piece in pieces))


def decodes_each_piece_strictly(pieces):
    return interpret(whole_lines(piece.decode().encode() for piece in pieces))


def waits_for_the_end(pieces):
    return list(interpret(whole_lines([b"".join(pieces)])))


def knows_line_feeds_only(pieces):
    return interpret(whole_lines(pieces, ends=rb"\n"))


def strips_carriage_returns(pieces):
    return interpret(whole_lines(pieces, ends=rb"\r?\n"))


def takes_a_split_cr_lf_for_two(pieces):
    def lines():
        unfinished = b""
        for piece in pieces:
            *complete, unfinished = re.split(rb"\r\n|\n|\r", unfinished + piece)
            yield from (line.decode(errors="replace") for line in complete)

    return interpret(lines())


def dispatches_the_unfinished(pieces):
    def lines():
        yield from whole_lines(pieces)
        yield ""

    return interpret(lines())


PROMISED_HINTS = {
    reads_nothing: "Which lines make an event",
    returns_the_data_alone: "Which lines make an event",
    keeps_the_space: "between the colon and the value",
    knows_no_types: "Under which name do the page's listeners hear",
    keeps_the_type: "For how long does an `event` field hold",
    forgets_the_id: "Which ID would a page send",
    keeps_the_last_line_only: "a text of two lines",
    joins_without_newline: "a text of two lines",
    takes_heartbeats_for_events: "What does a page hear of it",
    asks_the_joined_text: "Was there data",
    strips_values: "How much of the space",
    splits_at_every_colon: "How much of the space",
    takes_each_piece_for_itself: "have cut the stream",
    decodes_each_piece: "How many bytes has `é`",
    decodes_each_piece_strictly: "How many bytes has `é`",
    waits_for_the_end: "When does an event stream end",
    knows_line_feeds_only: "Which characters may end a line",
    strips_carriage_returns: "Which characters may end a line",
    takes_a_split_cr_lf_for_two: "How many line ends is that",
    dispatches_the_unfinished: "before the blank line came",
}
