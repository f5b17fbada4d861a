"""What the tests of the protocols share: no example of Hypothesis is timed, since a busy machine proves nothing."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
