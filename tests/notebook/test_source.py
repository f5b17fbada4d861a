"""Source code in a notebook: as it stands in its file, with colours that follow JupyterLab's theme."""

from lessons.notebook.source import Source, source


class Greeter:
    def greet(self) -> str:
        """Greet <everybody>."""
        return "hello"


def leave():
    return None


def test_shows_methods_and_functions_without_the_indent_of_their_class():
    assert repr(source(Greeter.greet, leave)) == (
        'def greet(self) -> str:\n    """Greet <everybody>."""\n    return "hello"\n\ndef leave():\n    return None'
    )


def test_html_is_coloured_and_escaped():
    html = source(Greeter.greet)._repr_html_()
    assert '<span class="k">return</span>' in html
    assert "&lt;everybody&gt;" in html
    assert "var(--jp-mirror-editor-keyword-color" in html


def test_shows_other_languages():
    assert '<span class="nt">' in Source("<script>", "html")._repr_html_()
