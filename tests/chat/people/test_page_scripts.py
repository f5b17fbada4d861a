"""The scripts of the chat's page, each by itself, in Node."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from lessons.chat.rules.notices import SENTENCES
from lessons.chat.service import PAGE


def run(script, **environment):
    command = ["node", "--test", str(Path(__file__).with_name(script))]
    environment = {**os.environ, **environment}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout


def test_late_answers():
    run("chat_client_test.mjs", CHAT_CLIENT=str(PAGE / "chat_client.js"))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_words(language):
    run("words_test.mjs", WORDS=str(PAGE / "words.js"), PAGE_LANGUAGE=language)


def table(name):
    """The placeholders of each sentence in one of the tables of words.js, by the sentence's key."""
    script = (PAGE / "words.js").read_text(encoding="utf-8")
    body = re.search(rf"const {name} = \{{\n(.*?)\n\}};", script, re.DOTALL)[1]
    return placeholders(dict(re.findall(r'^ +"?([\w-]+)"?: "(.*)",$', body, re.MULTILINE)))


def placeholders(sentences):
    return {key: set(re.findall(r"\{\w+\}", sentence)) for key, sentence in sentences.items()}


def test_each_sentence_is_there_in_chinese():
    assert table("CHINESE_NOTICES") == placeholders(SENTENCES)
    assert table("CHINESE") == table("ENGLISH")


@pytest.mark.parametrize(
    ("page", "place"),
    [
        (PAGE / "index.html", 'name="text" dir="auto"'),
        (PAGE / "messages.js", 'made.dir = "auto"'),
        (PAGE / "page.js", 'button.dir = "auto"'),
        (PAGE.parent / "people" / "window.js", 'maxlength="2000" dir="auto"'),
        (PAGE.parents[1] / "rooms" / "page" / "index.html", 'maxlength="2000" dir="auto"'),
        (PAGE.parents[1] / "rooms" / "page" / "page.js", 'item.dir = "auto"'),
    ],
    ids=lambda each: getattr(each, "name", ""),
)
def test_words_run_in_the_direction_of_their_language(page, place):
    assert place in page.read_text(encoding="utf-8")
