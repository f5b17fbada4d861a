"""Event streams and what a reader makes of them, from the text of WHATWG HTML, section 9.2.

Each case is read by our parser and by Chromium's EventSource. An event is (type, data, last event ID).
"""

from dataclasses import dataclass

Event = tuple[str, str, str]


@dataclass(frozen=True)
class Case:
    """A stream, its events, the ID to reconnect with; and Chromium's events where they differ."""

    name: str
    stream: bytes
    events: list[Event]
    last_event_id: str = ""
    chromium: list[Event] | None = None


def message(data: str, last_event_id: str = "") -> Event:
    return ("message", data, last_event_id)


CASES = [
    # 9.2.6: fields and their buffers
    Case("one event", b"data: 12:00:05\n\n", [message("12:00:05")]),
    Case("two events", b"data: 1\n\ndata: 2\n\n", [message("1"), message("2")]),
    Case("data lines join with a newline", b"data: YHOO\ndata: +2\ndata: 10\n\n", [message("YHOO\n+2\n10")]),
    Case("data without colon is an empty line of data", b"data\n\n", [message("")]),
    Case("two lines of data without colon", b"data\ndata\n\n", [message("\n")]),
    Case("empty data", b"data:\n\n", [message("")]),
    Case("trailing empty data keeps its newline", b"data: a\ndata:\n\n", [message("a\n")]),
    Case(
        "one space after the colon goes",
        b"data:a\n\ndata: a\n\ndata:  a\n\n",
        [message("a"), message("a"), message(" a")],
    ),
    Case("a tab after the colon stays", b"data:\ta\n\n", [message("\ta")]),
    Case("a space at the end stays", b"data: a \n\n", [message("a ")]),
    Case("later colons belong to the value", b"data:a:b: c\n\n", [message("a:b: c")]),
    Case("no blank line, no event", b"data: a\n\ndata: b\n", [message("a")]),
    Case("end in the middle of a line", b"data: a\n\ndata: b", [message("a")]),
    Case("nothing at all", b"", []),
    Case("blank lines only", b"\n\n\r\r\r\n\n", []),
    Case("blank lines between events", b"\n\ndata: a\n\n\n\ndata: b\n\n", [message("a"), message("b")]),
    Case("NUL in data stays", b"data: a\0b\n\n", [message("a\0b")]),
    # 9.2.6: names that are no field
    Case("names are case-sensitive", b"Data: a\nDATA: b\ndata: c\n\n", [message("c")]),
    Case("a space before the colon is part of the name", b"data : a\ndata: b\n\n", [message("b")]),
    Case("a space before the name is part of it", b" data: a\ndata: b\n\n", [message("b")]),
    Case("unknown names are ignored", b"date: a\nx\nid2:4\ndata: b\n\n", [message("b")]),
    Case("unknown names alone dispatch nothing", b"foo: bar\n\n", []),
    # 9.2.6: comments
    Case("comments are ignored", b": hello\n:\n:data: no\ndata: a\n: between\ndata: b\n\n", [message("a\nb")]),
    Case("a comment is no blank line", b"data: a\n:\n\n", [message("a")]),
    Case("comments alone dispatch nothing", b":\n\n: hm\n\n", []),
    # 9.2.6: event
    Case("a named event", b"event: tick\ndata: a\n\n", [("tick", "a", "")]),
    Case("the name holds for one event", b"event: tick\ndata: a\n\ndata: b\n\n", [("tick", "a", ""), message("b")]),
    Case("the last name counts", b"event: add\nevent: tick\ndata: a\n\n", [("tick", "a", "")]),
    Case("an empty name is no name", b"event: tick\nevent:\ndata: a\n\n", [message("a")]),
    Case("a name after the data", b"data: a\nevent: tick\n\n", [("tick", "a", "")]),
    Case("a name without data is forgotten", b"event: tick\n\ndata: a\n\n", [message("a")]),
    Case("a name is kept as it is", b"event:  my tick \ndata: a\n\n", [(" my tick ", "a", "")]),
    Case(
        "names that the page itself uses",
        b"event: open\ndata: a\n\nevent: error\ndata: b\n\n",
        [("open", "a", ""), ("error", "b", "")],
    ),
    # 9.2.6: id
    Case("an id", b"id: 1\ndata: a\n\n", [message("a", "1")], "1"),
    Case("an id stays", b"id: 1\ndata: a\n\ndata: b\n\n", [message("a", "1"), message("b", "1")], "1"),
    Case("an empty id forgets", b"id: 1\ndata: a\n\nid\ndata: b\n\n", [message("a", "1"), message("b")]),
    Case("an id after the data", b"data: a\nid: 1\n\n", [message("a", "1")], "1"),
    Case("an id without data is kept", b"id: 1\n\ndata: a\n\n", [message("a", "1")], "1"),
    Case("an id alone counts for reconnecting", b"id: 1\n\n", [], "1"),
    Case(
        "the id of an unfinished event doesn't count", b"id: 1\ndata: a\n\nid: 2\ndata: b\n", [message("a", "1")], "1"
    ),
    Case("an id with NUL is ignored", b"id: 1\nid: 2\0\ndata: a\n\n", [message("a", "1")], "1"),
    Case("an id of other letters", "id: №\u00a07\ndata: a\n\n".encode(), [message("a", "№\u00a07")], "№\u00a07"),
    Case(
        "four blocks in one stream",
        b": on air\n\ndata: noon\nid: 1\n\ndata:one\nid\n\ndata:  two\n\n",
        [message("noon", "1"), message("one"), message(" two")],
    ),
    # 9.2.6: retry, whose value the events don't show
    Case("retry dispatches nothing", b"retry: 1000\n\ndata: a\n\n", [message("a")]),
    Case("retry that is no number", b"retry: 1s\nretry: -1\nretry:\nretry: 9e9\ndata: a\n\n", [message("a")]),
    # 9.2.5: line ends
    Case("CR LF", b"data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n", [message("a\nb"), message("c")]),
    Case("CR", b"data: a\rdata: b\r\rdata: c\r\r", [message("a\nb"), message("c")]),
    Case(
        "all line ends",
        b"data: a\r\rdata: b\n\ndata: c\r\n\r\ndata: d\r\n\rdata: e\n\r\n",
        [message(x) for x in "abcde"],
    ),
    Case("LF CR is two line ends", b"data: a\n\rdata: b\n\r", [message("a"), message("b")]),
    Case("CR LF is one line end", b"data: a\r\ndata: b\r\n\n", [message("a\nb")]),
    Case(
        "other separators end no line",
        "data: a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g\n\n".encode(),
        [message("a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g")],
    ),
    # 9.2.5: UTF-8 and the byte order mark
    Case("UTF-8 of every length", "data: é€😀\n\n".encode(), [message("é€😀")]),
    Case("a byte order mark goes", "\ufeffdata: a\n\n".encode(), [message("a")]),
    Case("only the first byte order mark goes", "\ufeff\ufeffdata: a\n\ndata: b\n\n".encode(), [message("b")]),
    Case("a later byte order mark is part of a name", "data: a\n\n\ufeffdata: b\n\n".encode(), [message("a")]),
    Case("a byte order mark on the second line is part of a name", "\n\ufeffdata: a\n\n".encode(), []),
    Case("a byte order mark in data stays", "data: \ufeffa\n\n".encode(), [message("\ufeffa")]),
    Case("part of a byte order mark is no mark", b"\xef\xbbdata: a\n\ndata: b\n\n", [message("b")]),
    Case(
        "a blank line right after the byte order mark",
        "\ufeff\ndata: a\n\ndata: b\n\n".encode(),
        [message("a"), message("b")],
        chromium=[message("b")],
    ),
    Case("broken UTF-8 is replaced", b"data: a\xffb\xe2\x82c\xc0\xaf\n\n", [message("a\ufffdb\ufffdc\ufffd\ufffd")]),
    Case("a sequence cut off by the line end", b"data: a\xf0\x9f\x98\ndata: b\n\n", [message("a\ufffd\nb")]),
    Case("surrogates are no UTF-8", b"data: \xed\xa0\x80\n\n", [message("\ufffd\ufffd\ufffd")]),
    Case(
        "an overlong NUL in an id is replaced, not ignored",
        b"id: \xc0\x80\ndata: a\n\n",
        [message("a", "\ufffd\ufffd")],
        "\ufffd\ufffd",
    ),
]
