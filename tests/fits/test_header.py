"""Headers: what they say, against astropy and against every sort of damage."""

import io

import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from flatctl.fits.header import BLOCK, Header, NotReadable, parse_value, read_header


def header(*cards: str) -> Header:
    return Header(b"".join(card.encode().ljust(80) for card in cards))


@given(
    st.one_of(
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=33),
        st.integers(-(10**9), 10**9),
        st.floats(-1e9, 1e9),
        st.booleans(),
    )
)
def test_a_value_is_read_as_it_was_written(value):
    """Texts as they were: astropy 8.0 itself reads them up to a quote before a slash only."""
    card_ = fits.Card("KEY", value)
    text = isinstance(value, str)
    expected = value.rstrip() if text else fits.Card.fromstring(card_.image).value
    assert parse_value(card_.image[9:80]) == expected


@pytest.mark.parametrize("text", ["", " / comment", "(1, 2)", "nan", "inf", "0x10", "later"])
def test_a_value_that_is_none_reads_as_none(text):
    assert parse_value(text) is None


def test_the_exponents_of_old_programs_are_read():
    assert parse_value(" 1.5D-3") == 0.0015


def test_a_number_written_as_a_whole_one_is_whole():
    values = header("GAIN    = 100", "OFFSET  = 100.0").values
    assert [type(value) for value in values.values()] == [int, float]


def test_of_a_repeated_card_the_first_counts():
    assert header("FILTER  = 'Ha'", "FILTER  = 'OIII'").values == {"FILTER": "Ha"}


def test_a_card_without_a_value_leaves_the_word_to_the_next():
    assert header("GAIN    =", "GAIN    = 7").values == {"GAIN": 7}


def test_a_string_over_several_cards_is_one():
    cards = ("OBSERVER= 'one &'", "CONTINUE  'two &'", "CONTINUE  'three' / names")
    assert header(*cards).values == {"OBSERVER": "one two three"}


def test_a_card_that_continues_nothing_says_nothing():
    assert header("GAIN    = 7", "CONTINUE  'two'").values == {"GAIN": 7}


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_letters_come_in_either_encoding(encoding):
    assert Header("FILTER  = 'Ménage'".encode(encoding).ljust(80)).values == {"FILTER": "Ménage"}


def test_what_stands_behind_the_end_is_not_read():
    assert header("GAIN    = 7", "END", "OFFSET  = 1").values == {"GAIN": 7}


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        ("NAXIS   = 'two'", "its NAXIS is 'two', not a whole number"),
        ("NAXIS   = 2.0", "its NAXIS is 2.0, not a whole number"),
        ("NAXIS   = T", "its NAXIS is True, not a whole number"),
        ("NAXIS   = x", "its NAXIS is unreadable, not a whole number"),
        ("NAXIS1  = 2", "its NAXIS is missing"),
    ],
)
def test_what_is_no_whole_number_is_told(card, reason):
    with pytest.raises(NotReadable, match=reason):
        header(card).whole("NAXIS")


@pytest.mark.parametrize("value", ["'half'", "'nan'", "nan", "inf", "T", "'T'", "1.5 s"])
def test_what_is_no_number_is_told(value):
    with pytest.raises(NotReadable, match=r"its EXPTIME is .* not a number"):
        header(f"EXPTIME = {value}").real("EXPTIME")


@pytest.mark.parametrize("card", ["", "EXPTIME =", "EXPTIME =   / [s] not known", "EXPTIME = ''"])
def test_a_number_that_is_not_there_or_blank_is_none(card):
    assert header(card).real("EXPTIME") is None


@pytest.mark.parametrize("value", ["1.5", "'1.5'", "' 1.5d0 '", "+1.5", "15E-1 / [s]"])
def test_a_number_may_stand_in_quotes(value):
    assert header(f"EXPTIME = {value}").real("EXPTIME") == 1.5


@given(st.integers(0, 4), st.sampled_from([8, 16, 32, 64, -32, -64]))
def test_the_length_of_the_data_is_as_astropy_has_it(axes, bits):
    made = fits.Header([("SIMPLE", True), ("BITPIX", bits), ("NAXIS", axes)])
    for axis in range(axes):
        made[f"NAXIS{axis + 1}"] = 10 * axis + 7
    ours = Header(made.tostring().encode("ascii"))
    assert ours.data_length == made.data_size_padded


@given(st.binary(max_size=3 * BLOCK))
def test_no_bytes_do_more_than_be_refused(content):
    try:
        found = read_header(io.BytesIO(b"SIMPLE  =" + content))
    except NotReadable:
        return
    assert found.length == len(found.raw)
