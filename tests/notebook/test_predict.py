"""The questions before each lesson."""

import pytest

from lessons.errors import LessonError
from lessons.notebook import notebooks
from lessons.notebook.predict import numbers, predict


def test_every_notebook_has_a_question_and_every_question_a_notebook():
    assert numbers() == [notebook.number for notebook in notebooks.every()]


@pytest.mark.parametrize("number", numbers())
def test_every_answer_says_whether_it_is_right_and_one_is(number):
    whys = predict(number).answers.values()
    assert sum(why.startswith("Yes") for why in whys) == 1
    assert sum(why.startswith("No") for why in whys) == len(whys) - 1
    assert all(len(why.split()) >= 6 for why in whys)


def test_choosing_shows_why():
    prediction = predict("01")
    assert prediction.choose("b").startswith("Yes")
    assert "one piece of news a second" in prediction._why.value
    assert prediction.choose("all of them").startswith("No")


def test_text_form():
    assert repr(predict("00")).splitlines() == [
        "What ends the head of an HTTP/1.1 request?",
        "  a) the end of the connection",
        "  b) an empty line",
        "  c) a full stop on a line of its own",
    ]


@pytest.mark.parametrize(("number", "answer"), [("01", "d"), ("01", ""), ("01", "maybe")])
def test_an_answer_that_is_not_there(number, answer):
    with pytest.raises(LessonError, match="choose one of a, b, c"):
        predict(number).choose(answer)


def test_a_question_that_is_not_there():
    with pytest.raises(LessonError, match="there is no question '99'"):
        predict("99")
