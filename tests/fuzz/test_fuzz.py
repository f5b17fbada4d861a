"""Whatever the fuzzers have found once stays mended, and they go on looking: a minute in all."""

from importlib.util import find_spec

import pytest

from tests.fuzz.run import CORPUS, corpus, fuzz
from tests.fuzz.targets import TARGETS

SECONDS = 2
"""How long each target is fuzzed here; `python -m tests.fuzz.run` takes longer."""


@pytest.mark.parametrize("name", TARGETS)
def test_what_was_found_once_stays_mended(name):
    kept = corpus(name)
    assert kept
    for data in kept:
        TARGETS[name](data)


def test_the_corpus_is_of_these_targets():
    assert {path.name for path in CORPUS.iterdir()} == set(TARGETS)


needs_fuzzer = pytest.mark.skipif(find_spec("atheris") is None, reason="atheris, which fuzzes, is there on Linux only")


@pytest.fixture(scope="module")
def outcomes():
    return fuzz([*TARGETS, "a_planted_fault"], SECONDS)


@needs_fuzzer
@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_nothing_new_is_found(outcomes, name):
    assert not outcomes[name].report, outcomes[name].report
    assert outcomes[name].executions > len(corpus(name))


@needs_fuzzer
@pytest.mark.slow
def test_a_fault_would_be_found(outcomes):
    assert "AssertionError: the word was said" in outcomes["a_planted_fault"].report
