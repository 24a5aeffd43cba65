"""Which slot of a wheel is meant by another name, and that none is guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flatctl.core.nights.filters import says_no_filter, slot_meant


@pytest.mark.parametrize(
    ("name", "slot"),
    [
        ("Lum", "L"), ("Luminance", "L"), ("L ", "L"), ("Red", "R"), ("GREEN", "G"), ("blue", "B"),
        ("H_Alpha", "Ha"), ("H-alpha", "Ha"), ("Halpha", "Ha"), ("Hα", "Ha"), ("ha", "Ha"),
        ("O3", "OIII"), ("[O III]", "OIII"), ("S2", "S-II"), ("Clear", "C"),
        ("e\u0301toile", "\u00e9toile"),
    ],
)  # fmt: skip
def test_a_filter_is_known_by_the_names_that_programs_give_it(name: str, slot: str) -> None:
    wheel = ["L", "R", "G", "B", "Ha", "OIII", "S-II", "C", "\u00e9toile"]
    assert slot_meant(name, wheel) == slot


@pytest.mark.parametrize(
    ("name", "wheel"),
    [
        ("Luminance", ["L", "Lum"]),
        ("HA", ["Ha", "ha"]),
        ("H-alpha", ["Ha", "Hα"]),
        ("R", ["r"]),
        ("r'", ["R"]),
        ("Rc", ["R"]),
        ("OIII", ["Ha", "SII"]),
        ("", ["L"]),
    ],
)
def test_what_may_be_two_filters_or_another_is_none(name: str, wheel: list[str]) -> None:
    assert slot_meant(name, wheel) is None


def test_the_configurations_names_come_before_common_ones() -> None:
    assert slot_meant("Lum", ["L", "UV/IR cut"], {"Lum": "UV/IR cut"}) == "UV/IR cut"


def test_names_that_lead_nowhere_lead_to_no_slot() -> None:
    assert slot_meant("a", ["L"], {"a": "b", "b": "L"}) is None


@given(st.lists(st.text(max_size=6), unique=True), st.data())
def test_a_slot_is_always_meant_by_its_own_name(wheel: list[str], data) -> None:
    for name in wheel:
        assert slot_meant(name, wheel) == name


@given(
    st.lists(st.text("LlumRred rHhaα-_αO3IS2", max_size=5), min_size=1),
    st.text("LumRHhaα", max_size=4),
)
def test_no_order_of_the_slots_changes_what_is_meant(wheel: list[str], name: str) -> None:
    assert slot_meant(name, wheel) == slot_meant(name, wheel[::-1])


@pytest.mark.parametrize(
    "name", ["", "-", "None", "NoFilter", "NO_FILTER", "no filter", "N/A", "nan"]
)
def test_words_for_no_filter_are_known(name: str) -> None:
    assert says_no_filter(name)


@pytest.mark.parametrize("name", ["Na", "L", "Clear", "🔴", "红", "?", "None of these"])
def test_names_of_filters_are_no_words_for_none(name: str) -> None:
    assert not says_no_filter(name)
