"""Typical wrong solutions of lesson 5's exercise, each with words of the first hint that its author should get."""

from urllib.parse import urlsplit


def host_of(origin):
    return origin.partition("://")[2]


def calls_us_by_our_name(host):
    return host.partition(":")[0] in ("127.0.0.1", "localhost")


def is_own(origin, host):
    return calls_us_by_our_name(host) and origin == f"http://{host}"


def compares_two_different_things(origin, host, allowed):
    return origin == host


def refuses_everybody(origin, host, allowed):
    return False


def knows_https_only(origin, host, allowed):
    return origin in allowed or (calls_us_by_our_name(host) and origin == f"https://{host}")


def knows_one_name(origin, host, allowed):
    return origin in allowed or origin == "http://localhost:4000"


def switches_the_check_off(origin, host, allowed):
    return True


def says_no_to_the_evil_one_it_knows(origin, host, allowed):
    return "evil" not in origin


def contains(origin, host, allowed):
    return origin in allowed or host in origin


def begins_with(origin, host, allowed):
    return origin in allowed or origin.startswith(f"http://{host}")


def ends_with(origin, host, allowed):
    return origin in allowed or origin.endswith(host)


def contains_the_other_way(origin, host, allowed):
    return origin in allowed or host_of(origin) in host


def compares_names_without_ports(origin, host, allowed):
    return origin in allowed or urlsplit(origin).hostname == host.partition(":")[0]


def compares_without_the_scheme(origin, host, allowed):
    return origin in allowed or host_of(origin) == host


def knows_its_names_but_no_scheme(origin, host, allowed):
    return origin in allowed or (calls_us_by_our_name(host) and host_of(origin) == host)


def believes_the_host(origin, host, allowed):
    return origin in allowed or origin == f"http://{host}"


def looks_how_the_host_begins(origin, host, allowed):
    return origin in allowed or (host.startswith(("127.0.0.1", "localhost")) and origin == f"http://{host}")


def forgets_the_allowed(origin, host, allowed):
    return is_own(origin, host)


def allows_by_host(origin, host, allowed):
    return is_own(origin, host) or host_of(origin) in map(host_of, allowed)


def looks_for_a_part_of_the_allowed(origin, host, allowed):
    return is_own(origin, host) or (
        origin not in ("null", "http://localhost") and any(origin in each for each in allowed)
    )


def lets_null_in(origin, host, allowed):
    return origin in ("null", *allowed) or is_own(origin, host)


PROMISED_HINTS = {
    compares_two_different_things: "By which part of its origin",
    refuses_everybody: "By which part of its origin",
    knows_https_only: "By which part of its origin",
    knows_one_name: "By how many names",
    switches_the_check_off: "What can its script do with your server",
    says_no_to_the_evil_one_it_knows: "Are its pages yours",
    contains: "Who can have a name that contains yours",
    begins_with: "Who can have a name that contains yours",
    ends_with: "Who can have a name that contains yours",
    contains_the_other_way: "Who can have a name that contains yours",
    compares_names_without_ports: "Are its pages yours",
    compares_without_the_scheme: "Can a page whose origin begins with `https` have come from it",
    knows_its_names_but_no_scheme: "Can a page whose origin begins with `https` have come from it",
    believes_the_host: "Who chose the name that stands in both",
    looks_how_the_host_begins: "Who chose the name that stands in both",
    forgets_the_allowed: "Where does your function get to know of it",
    allows_by_host: "How much of it does your function compare",
    looks_for_a_part_of_the_allowed: "How much of it does your function compare",
    lets_null_in: "Which pages have no origin",
}
