"""Typical wrong solutions of lesson 5's exercise, each with words of the first hint that its author should get."""

from urllib.parse import urlsplit


def host_of(origin):
    return origin.partition("://")[2]


def compares_two_different_things(origin, host, allowed):
    return origin == host


def refuses_everybody(origin, host, allowed):
    return False


def knows_http_only(origin, host, allowed):
    return origin in allowed or origin == f"http://{host}"


def switches_the_check_off(origin, host, allowed):
    return True


def says_no_to_the_evil_one_it_knows(origin, host, allowed):
    return "evil" not in origin


def contains(origin, host, allowed):
    return origin in allowed or host in origin


def begins_with(origin, host, allowed):
    return origin in allowed or origin.startswith((f"http://{host}", f"https://{host}"))


def ends_with(origin, host, allowed):
    return origin in allowed or origin.endswith(host)


def contains_the_other_way(origin, host, allowed):
    return origin in allowed or host_of(origin) in host


def compares_names_without_ports(origin, host, allowed):
    return origin in allowed or urlsplit(origin).hostname == host.partition(":")[0]


def forgets_the_allowed(origin, host, allowed):
    return host_of(origin) == host


def allows_by_host(origin, host, allowed):
    return host_of(origin) in [host, *map(host_of, allowed)]


def looks_for_a_part_of_the_allowed(origin, host, allowed):
    return origin != "null" and (host_of(origin) == host or any(origin in each or each in origin for each in allowed))


def lets_null_in(origin, host, allowed):
    return origin in ("null", *allowed) or host_of(origin) == host


PROMISED_HINTS = {
    compares_two_different_things: "By which part of its origin",
    refuses_everybody: "By which part of its origin",
    knows_http_only: "By which part of its origin",
    switches_the_check_off: "What can its script do with your server",
    says_no_to_the_evil_one_it_knows: "Who can register a name that contains yours",
    contains: "Who can register a name that contains yours",
    begins_with: "Who can register a name that contains yours",
    ends_with: "Who can register a name that contains yours",
    contains_the_other_way: "Who can register a name that contains yours",
    compares_names_without_ports: "Are its pages yours",
    forgets_the_allowed: "Where does your function get to know of it",
    allows_by_host: "How much of it does your function compare",
    looks_for_a_part_of_the_allowed: "How much of it does your function compare",
    lets_null_in: "Which pages have no origin",
}
