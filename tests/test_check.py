"""Does a check say what was looked at, and an error what to do?"""

from __future__ import annotations

import pickle
import re

import pytest

from tlslearn import BadInput, Check, TlslearnError
from tlslearn.check import SIGNS, SOURCES, section_url, source


def check(state: str) -> Check:
    return Check("the host is covered", "leaf", state, "a.test", "b.test", source("host name"))  # type: ignore[arg-type]


class TestCheck:
    def test_each_state_reads_without_colour(self) -> None:
        """Each state has a sign of its own."""
        assert len(set(SIGNS.values())) == len(SIGNS) == 4
        assert [check(state).sign for state in SIGNS] == list(SIGNS.values())

    @pytest.mark.parametrize("state", ["fail", "lint", "skip"])
    def test_what_did_not_pass_tells_all(self, state: str) -> None:
        """Unless it passed, a check tells rule, place, found, wanted and section."""
        text = str(check(state))
        assert text.startswith(f"{SIGNS[state]} leaf: the host is covered")  # type: ignore[index]
        assert all(part in text for part in ("found a.test", "wanted b.test", "[RFC 9525 6.3]"))

    def test_what_passed_is_short(self) -> None:
        """A check that passed tells what was found and no more."""
        assert str(check("pass")) == "✓ leaf: the host is covered (a.test)"

    @pytest.mark.parametrize("state", ["ok", "", None, True, "PASS"])
    def test_no_other_state(self, state: str) -> None:
        """A state there is not is refused with the states there are."""
        with pytest.raises(BadInput, match="pass, fail, lint, skip") as caught:
            check(state)
        assert repr(state) in str(caught.value)

    def test_checks_are_values(self) -> None:
        """Equal checks are equal and cannot be changed."""
        assert check("pass") == check("pass") != check("fail")
        with pytest.raises(AttributeError):
            check("pass").state = "fail"  # type: ignore[misc]


class TestError:
    @pytest.mark.parametrize(
        ("value", "text"),
        [("a b", "no name: 'a b'. Mend it."), (None, "no name: None. Mend it."), (0, "no name: 0. Mend it.")],
    )
    def test_text_has_problem_value_and_fix(self, value: object, text: str) -> None:
        """The text names problem, value and fix; a value of None is a value."""
        error = BadInput("no name", value=value, fix="Mend it.")
        assert str(error) == text and (error.problem, error.value, error.fix) == ("no name", value, "Mend it.")

    def test_without_a_value(self) -> None:
        """Where there is no value to show, none is shown."""
        error = TlslearnError("no name", fix="Mend it.")
        assert str(error) == "no name. Mend it." and error.value is None

    def test_bad_input_is_a_value_error(self) -> None:
        """Callers may catch ValueError, or the base of all errors of the package."""
        assert issubclass(BadInput, ValueError) and issubclass(BadInput, TlslearnError)

    def test_errors_travel_between_processes(self) -> None:
        """An error survives pickling, as test runners and process pools need."""
        error = pickle.loads(pickle.dumps(BadInput("no name", value="x", fix="Mend it.")))
        assert (str(error), error.problem, error.value, error.fix) == (
            "no name: 'x'. Mend it.",
            "no name",
            "x",
            "Mend it.",
        )


FORM = r"RFC (\d{4})(?: (\d+(?:\.\d+)*|[A-Z](?:\.\d+)*)(?: \([a-z]\)(?:\(\d\))?)?)?"


class TestSources:
    @pytest.mark.parametrize("rule", SOURCES)
    def test_each_source_has_the_form_that_links_need(self, rule: str) -> None:
        """A source is an RFC and a section or appendix, and its address leads there."""
        number, place = re.fullmatch(FORM, source(rule)).groups()
        kind = "appendix" if (place or "")[:1].isalpha() else "section"
        end = f"#{kind}-{place}" if place else ""
        assert section_url(source(rule)) == f"https://www.rfc-editor.org/rfc/rfc{number}{end}"

    def test_a_whole_document(self) -> None:
        """A document without a section has an address too."""
        assert section_url("RFC 5280") == "https://www.rfc-editor.org/rfc/rfc5280"
