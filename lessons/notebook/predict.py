"""A question to answer before the next cell shows the answer: committing to a guess helps to remember the outcome.

The questions are in the folder predictions, a file for each notebook, so that no notebook gives its answer away.
"""

from __future__ import annotations

import tomllib
from html import escape
from pathlib import Path

import ipywidgets as widgets

from lessons.errors import LessonError
from lessons.notebook.keyboard import OwnKeys
from lessons.notebook.text_form import TextForm

CATALOGUE = Path(__file__).parent / "predictions"


def predict(number: str) -> Prediction:
    """Return the question of a notebook.

    Args:
        number: the notebook's number, such as `01`.

    Raises:
        LessonError: if that notebook has none.
    """
    path = CATALOGUE / f"{number}.toml"
    if not path.is_file():
        raise LessonError(f"there is no question {number!r}; there are {', '.join(numbers())}")
    return Prediction(**tomllib.loads(path.read_text(encoding="utf-8")))


def numbers() -> list[str]:
    """Return the numbers of the notebooks that have a question."""
    return sorted(path.stem for path in CATALOGUE.glob("*.toml"))


class Prediction(TextForm, widgets.VBox):  # type: ignore[misc]
    """A question with answers to choose from, and for each the reason why it is right or wrong.

    Args:
        question: the question.
        answers: each answer with its reason, which begins with Yes or No.
    """

    def __init__(self, question: str, answers: dict[str, str]) -> None:
        self.question = question
        self.answers = answers
        self._choices = widgets.RadioButtons(options=list(answers), value=None, layout={"width": "auto"})
        self._choices.observe(lambda change: self._show(change["new"]), "value")
        self._why = widgets.HTML()
        title = widgets.HTML(f"<b>{escape(question)}</b>")
        super().__init__([title, self._choices, self._why, OwnKeys()])
        self.add_class("lessons-own-keys")

    def choose(self, answer: str) -> str:
        """Choose an answer, by its text or the letter before it, and return why it is right or wrong.

        Raises:
            LessonError: if it isn't one of the answers.
        """
        letters = {chr(ord("a") + number): text for number, text in enumerate(self.answers)}
        text = letters.get(answer, answer)
        if text not in self.answers:
            raise LessonError(f"choose one of {', '.join(letters)}, not {answer!r}")
        self._choices.value = text
        return self.answers[text]

    def _show(self, answer: str) -> None:
        self._why.value = f'<p role="status">{escape(self.answers[answer])}</p>'

    def __repr__(self) -> str:
        lines = [f"  {chr(ord('a') + number)}) {answer}" for number, answer in enumerate(self.answers)]
        return "\n".join([self.question, *lines])
