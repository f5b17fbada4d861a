"""A question to answer before the next cell shows the answer: who has committed to a guess remembers the outcome."""

from __future__ import annotations

from html import escape

import ipywidgets as widgets

from lessons.errors import LessonError
from lessons.text_form import TextForm


class Prediction(TextForm, widgets.VBox):  # type: ignore[misc]
    """A question with some answers to choose from; every answer is told why it is right or wrong.

    Args:
        question: the question.
        answers: each answer with its why; the first sentence of a why says whether it is right.
    """

    def __init__(self, question: str, answers: dict[str, str]) -> None:
        self.question = question
        self.answers = answers
        self._choices = widgets.RadioButtons(options=list(answers), value=None, layout={"width": "auto"})
        self._choices.observe(lambda change: self._show(change["new"]), "value")
        self._why = widgets.HTML()
        title = widgets.HTML(f"<b>{escape(question)}</b>")
        super().__init__([title, self._choices, self._why])
        self.add_class("lessons-prediction")

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
