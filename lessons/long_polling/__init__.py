"""Lesson 2, long polling: the server answers when it has something to say."""
