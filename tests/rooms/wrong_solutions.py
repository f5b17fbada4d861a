"""Typical wrong solutions of the exercise on Socket.IO's packets, each with words of the first hint it should get.

Each is right but for one mistake, so that it is that mistake which the check finds.
"""

import json
import re


def read(packet, number=lambda digits: int(digits) if digits else None):
    if not packet.startswith("42"):
        return None
    namespace, rest = "/", packet[2:]
    if rest.startswith("/"):
        namespace, _, rest = rest.partition(",")
    digits, bracket, items = rest.partition("[")
    name, *arguments = json.loads(bracket + items)
    return namespace, number(digits), name, arguments


def returns_the_list(packet):
    return json.loads(packet[2:])


def counts_the_name_in(packet):
    event = read(packet)
    return event and (*event[:3], [event[2], *event[3]])


def has_an_empty_text_for_no_id(packet):
    return read(packet, number=lambda digits: int(digits) if digits else "")


def has_zero_for_no_id(packet):
    return read(packet, number=lambda digits: int(digits or 0))


def returns_an_empty_text_for_no_event(packet):
    return read(packet) or ""


def reads_json_at_once(packet):
    name, *arguments = json.loads(packet.removeprefix("42"))
    return "/", None, name, arguments


def cuts_at_commas(packet):
    if not packet.startswith("42"):
        return None
    name, *arguments = [part.strip('"') for part in packet[3:-1].split(",")]
    return "/", None, name, arguments


def expects_one_argument(packet):
    event = read(packet)
    return event and (*event[:3], event[3][:1])


def takes_acknowledgements_for_events(packet):
    if packet[:2] in ("42", "43"):
        return read(f"42{packet[2:]}") if "[]" not in packet else ("/", 7, "", [])
    return None


def takes_every_two_for_an_event(packet):
    return read(f"42{packet[2:]}") if packet[1:2] == "2" else None


def knows_no_ids(packet):
    event = read(packet)
    return event and (event[0], None, *event[2:])


def takes_one_digit(packet):
    return read(packet, number=lambda digits: int(digits[0]) if digits else None)


def leaves_the_id_text(packet):
    return read(packet, number=lambda digits: digits or None)


def takes_zero_for_none(packet):
    return read(packet, number=lambda digits: int(digits or 0) or None)


def knows_no_namespaces(packet):
    event = read(packet)
    return event and ("/", *event[1:])


def keeps_the_comma(packet):
    event = read(packet)
    return event and (event[0] if event[0] == "/" else f"{event[0]},", *event[1:])


def looks_for_digits_anywhere_before_the_list(packet):
    event = read(packet)
    digits = re.findall(r"\d+", packet[2:].partition("[")[0])
    return event and (event[0], int(digits[0]) if digits else None, *event[2:])


def looks_for_a_namespace_anywhere(packet):
    event = read(packet)
    found = re.search(r"/\w+(?=,)", packet)
    return event and (found[0] if found else "/", *event[1:])


PROMISED_HINTS = {
    returns_the_list: "Which part of it does Python have a reader for",
    counts_the_name_in: "Is the name one of them",
    has_an_empty_text_for_no_id: "What is its id",
    has_zero_for_no_id: "What is its id",
    returns_an_empty_text_for_no_event: "what did you return",
    reads_json_at_once: "What does this line expect",
    cuts_at_commas: "How many arguments may an event have",
    expects_one_argument: "How many arguments may an event have",
    takes_acknowledgements_for_events: "Which two digits begin an event",
    takes_every_two_for_an_event: "Which two digits begin an event",
    knows_no_ids: "What may stand between `42` and the list",
    takes_one_digit: "Your id is a single digit",
    leaves_the_id_text: "text that looks like one",
    takes_zero_for_none: "Is 0 the same as no id at all",
    knows_no_namespaces: "In which namespace is this event",
    keeps_the_comma: "In which namespace is this event",
    looks_for_digits_anywhere_before_the_list: "Which comes first",
    looks_for_a_namespace_anywhere: "Whose are the comma, the slash and the bracket",
}
