"""Typical wrong solutions of iframe streaming's exercise, each with words of the first hint its author should get."""

import html
import json


def no_script(text):
    return text


def says_it_itself(text):
    return f"<script>alert({json.dumps(text)})</script>"


def bytes_instead_of_text(text):
    return f"<script>parent.news({json.dumps(text)})</script>".encode()


def between_quotes(text):
    return f"<script>parent.news('{text}')</script>"


def pythons_repr(text):
    return f"<script>parent.news({text!r})</script>"


def escapes_the_quotes_only(text):
    written = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'<script>parent.news("{written}")</script>'


def json_alone(text):
    return f"<script>parent.news({json.dumps(text)})</script>"


def one_spelling_of_the_end_tag(text):
    return f"<script>parent.news({json.dumps(text.replace('</script>', ''))})</script>"


def escapes_the_end_tag_only(text):
    written = json.dumps(text).replace("</", "<\\/")
    return f"<script>parent.news({written})</script>"


def html_entities(text):
    return f"<script>parent.news({json.dumps(html.escape(text))})</script>"


def entities_for_tags_only(text):
    return f"<script>parent.news({json.dumps(text.replace('<', '&lt;'))})</script>"


def drops_what_is_dangerous(text):
    return f"<script>parent.news({json.dumps(text.replace('<', ''))})</script>"


def leaves_the_separators(text):
    written = json.dumps(text, ensure_ascii=False).replace("<", "\\u003c")
    return f"<script>parent.news({written})</script>"


def drops_what_is_not_ascii(text):
    written = json.dumps(text.encode("ascii", "replace").decode()).replace("<", "\\u003c")
    return f"<script>parent.news({written})</script>"


PROMISED_HINTS = {
    no_script: "What makes a browser run",
    says_it_itself: "What does the script have to do",
    bytes_instead_of_text: "What makes a browser run",
    between_quotes: "Which character ends a string",
    pythons_repr: "Who reads the block first",
    escapes_the_quotes_only: "goes on in the next line",
    json_alone: "Who reads the block first",
    one_spelling_of_the_end_tag: "still what you were given",
    escapes_the_end_tag_only: "a meaning of its own",
    html_entities: "still what you were given",
    entities_for_tags_only: "still what you were given",
    drops_what_is_dangerous: "still what you were given",
    leaves_the_separators: "the only ends of a line",
    drops_what_is_not_ascii: "still what you were given",
}
