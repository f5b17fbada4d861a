"""The hand-written server and client pass chapters 1-7 and 10 of Autobahn|Testsuite; `run --all` has more."""

import os

import autobahn_suite as suite
import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        suite.find_python2() is None and os.environ.get("CI") != "true",
        reason="Autobahn|Testsuite needs CPython 2.7, which neither PATH nor pyenv has",
    ),
]


@pytest.fixture(scope="module")
def cases():
    return suite.list_cases(suite.FUNDAMENTAL)


def test_the_suite_has_the_cases_we_count_on(cases):
    assert len(cases) == 247


def test_server_passes(cases, record_property):
    verdicts = list(suite.judge_server(suite.OUR_SERVER, cases))
    record_property("summary", suite.summary("server", verdicts))
    assert rejected(verdicts) == []


def test_client_passes(cases, record_property):
    verdicts = list(suite.judge_client(suite.OUR_CLIENT, cases))
    record_property("summary", suite.summary("client", verdicts))
    assert rejected(verdicts) == []


def rejected(verdicts):
    return [verdict for verdict in verdicts if not verdict.accepted]


def test_an_unknown_case_is_refused_at_once():
    with pytest.raises(suite.SuiteError, match="no case 99"):
        suite.list_cases(["1", "99"])


def test_a_case_without_a_report_is_rejected(tmp_path):
    assert rejected(suite.read_reports(["1.1.1"], tmp_path))
