"""Lessons on how news reaches a web page: real servers, real clients, and every byte between them."""

from lessons.notebook.missing_names import watch_for_missing_names

watch_for_missing_names()
