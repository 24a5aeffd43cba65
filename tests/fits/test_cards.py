"""Cards are as a library of the field has them, and plain ones need no look of its own."""

import string

from astropy.io.fits import Card
from hypothesis import given
from hypothesis import strategies as st

from flatctl.fits.cards import _PLAIN, CARD, _repaired, make_card
from flatctl.fits.text import transliterated

KEYWORDS = st.text(string.ascii_uppercase + string.digits + "-_", min_size=1, max_size=8)
SPECIAL = ("END", "COMMENT", "HISTORY", "CONTINUE", "HIERARCH")
PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60)
NUMBERS = st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)


def astropys(keyword, value, comment):
    room = CARD - len(Card(keyword, value).image.rstrip()) - len(" / ")
    return str(Card(keyword, value, comment[: max(room, 0)].rstrip()).image)


@given(
    KEYWORDS.filter(lambda name: name not in SPECIAL),
    PRINTABLE.filter(bool) | st.booleans() | NUMBERS,
    PRINTABLE,
)
def test_a_card_is_written_as_astropy_does(keyword, value, comment):
    card = make_card(keyword, value, comment)
    if isinstance(value, str):
        value = transliterated(value)
    assert card == astropys(keyword, value, comment)


@given(
    KEYWORDS | st.sampled_from(SPECIAL),
    st.sampled_from(["T", "F", "0", "-1", "+12", "1.50", "1E5", "-2.25E-10"])
    | PRINTABLE.map(lambda text: f"'{text}'"),
    PRINTABLE,
    st.integers(1, 20),
)
def test_a_plain_card_is_one_that_astropy_leaves_alone(keyword, value, comment, blanks):
    card = f"{keyword:8}={' ' * blanks}{value} / {comment}"[:CARD].ljust(CARD)
    if _PLAIN.fullmatch(card):
        assert _repaired(card) == card


@given(st.sampled_from(["COMMENT ", "HISTORY "]), PRINTABLE)
def test_free_text_is_left_alone(keyword, text):
    card = f"{keyword}{text}".ljust(CARD)
    assert _PLAIN.fullmatch(card)
    assert _repaired(card) == card
