import tomllib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flatctl.settings.toml import toml_comment, toml_key, toml_value

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
)


@given(VALUES)
@example('a bell \a, an escape \x1b, a line\nbreak, DEL \x7f, "quotes" and \\')
def test_what_is_written_reads_as_it_was(value: object) -> None:
    assert tomllib.loads(f"x = {toml_value(value)}") == {"x": value}


@given(TEXT)
def test_any_text_is_a_key(name: str) -> None:
    assert tomllib.loads(f"{toml_key(name)} = 1") == {name: 1}


@given(TEXT)
@example("a line\nbreak = 1")
def test_no_text_breaks_out_of_a_comment(text: str) -> None:
    assert tomllib.loads(f"x = 1 {toml_comment(text)}") == {"x": 1}


@pytest.mark.parametrize("name", ["flats", "x-y_2"])
def test_a_plain_key_has_no_quotes(name: str) -> None:
    assert toml_key(name) == name
