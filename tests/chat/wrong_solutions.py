"""Typical wrong solutions of the chat's exercise, each with words of the first hint that its author should get."""


def addressee(text):
    return text[1:].partition(" ")[0]


def in_rooms(speaker, rooms):
    if not rooms[speaker]:
        return set(rooms)
    return {name for name, theirs in rooms.items() if set(theirs) & set(rooms[speaker])}


def nobody(speaker, rooms, text):
    return []


def all_others(speaker, rooms, text):
    return [name for name in rooms if name != speaker]


def those_in_the_same_rooms(speaker, rooms, text):
    return [name for name in rooms if list(rooms[name]) == list(rooms[speaker])]


def everybody(speaker, rooms, text):
    return list(rooms)


def the_first_room(speaker, rooms, text):
    if not rooms[speaker]:
        return list(rooms)
    return [name for name in rooms if rooms[speaker][0] in rooms[name]]


def room_by_room(speaker, rooms, text):
    if not rooms[speaker]:
        return list(rooms)
    return [name for room in rooms[speaker] for name in rooms if room in rooms[name]]


def nothing_private(speaker, rooms, text):
    return in_rooms(speaker, rooms)


def addressee_alone(speaker, rooms, text):
    return [addressee(text)] if text.startswith("@") else in_rooms(speaker, rooms)


def anywhere_in_the_text(speaker, rooms, text):
    named = {name for name in rooms if f"@{name}" in text}
    return {speaker, *named} if named else in_rooms(speaker, rooms)


def how_it_begins(speaker, rooms, text):
    named = [name for name in rooms if text.startswith(f"@{name}")]
    return {speaker, named[0]} if named else in_rooms(speaker, rooms)


def to_all_if_he_has_gone(speaker, rooms, text):
    if text.startswith("@") and addressee(text) in rooms:
        return {speaker, addressee(text)}
    return in_rooms(speaker, rooms)


def to_whoever_is_named(speaker, rooms, text):
    return {speaker, addressee(text)} if text.startswith("@") else in_rooms(speaker, rooms)


def a_list_of_two(speaker, rooms, text):
    if text.startswith("@"):
        return [speaker, addressee(text)] if addressee(text) in rooms else []
    return in_rooms(speaker, rooms)


def one_name(speaker, rooms, text):
    return speaker


PROMISED_HINTS = {
    nobody: "A speaker who is in no room",
    one_name: "A speaker who is in no room",
    all_others: "that what you said has been said",
    those_in_the_same_rooms: "pass by the door",
    everybody: "Who must not hear",
    the_first_room: "Which of them do you look at",
    room_by_room: "How often should this person hear",
    nothing_private: "Who is it for",
    addressee_alone: "in your own list",
    anywhere_in_the_text: "or a message about Bob",
    how_it_begins: "Bob and Bobby are both there",
    to_all_if_he_has_gone: "its addressee has gone",
    to_whoever_is_named: "its addressee has gone",
    a_list_of_two: "a note to yourself",
}
