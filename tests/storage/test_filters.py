"""What filters are called on disk: no two of a wheel alike, whatever their names."""

import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from storage_builders import NIGHT, flat_record, keyed, store

from flatctl.core.nights.history import SettingKey, Trained
from flatctl.core.types import FrameKind
from flatctl.fits.cards import make_card
from flatctl.fits.header import Header
from flatctl.fits.text import distinct
from flatctl.storage import headers
from flatctl.storage.filters import AMBIGUOUS, filter_card, filter_token, is_of
from flatctl.storage.headers import frame_header
from flatctl.storage.history import History
from flatctl.storage.naming import frame_name
from flatctl.storage.resume import Wanted, finished

letters = st.characters(codec=None)
odd = st.text("αaAhH .~'_-?红绿É\u0301\u202e🔴ßIiİ\0", max_size=8)
alike = st.builds(lambda name: name + "~" + "0" * 12, odd)
long = st.builds(lambda name, end: name * 80 + end, st.sampled_from("H'红"), odd)
names = st.one_of(st.text(letters, max_size=12), odd, alike, long)
wheels = st.lists(names, min_size=2, max_size=6, unique=True)


def cards_of(name: str, slots=()) -> dict:
    return {"FILTER": filter_card(name, slots), "FLATFILT": distinct(name)}


@pytest.mark.parametrize("name", ["Ha", "Hα", "红" * 80, "O'III", "  L"], ids=len)
def test_a_header_says_what_a_filter_is_called_and_which_it_is(name: str) -> None:
    images = frame_header(flat_record(filter=name, slots=["Ha", name]), Header(), (24, 31))
    values = Header("".join(images).encode("ascii")).values
    assert {key: values[key] for key in ("FILTER", "FLATFILT")} == cards_of(name, ["Ha", name])


@given(wheels)
@example(["红", "绿", "蓝"])
@example(["Красный", "Зелёный"])
@example(["Hα", "Ha", "Há", "ha"])
@example(["L", "L ", " L", "l"])
@example(["é", "e\u0301", unicodedata.normalize("NFKC", "ﬁ"), "ﬁ"])
@example(["x" * 68, "x" * 69, "x" * 70])
@example(["🔴", "🟢", "\u202eR", "R"])
def test_no_two_filters_of_a_wheel_are_called_the_same(wheel: list[str]) -> None:
    cards = [filter_card(name, wheel) for name in wheel]
    tokens = [filter_token(name, wheel).casefold() for name in wheel]
    assert len(set(cards)) == len(set(tokens)) == len(wheel)


@given(wheels)
def test_what_filters_are_called_does_not_depend_on_the_order_of_the_slots(wheel) -> None:
    turned = wheel[::-1]
    assert [filter_card(name, wheel) for name in wheel] == [
        filter_card(name, turned) for name in wheel
    ]
    assert [filter_token(name, wheel) for name in wheel] == [
        filter_token(name, turned) for name in wheel
    ]


@given(names, names)
@example("Hα", "Ha")
@example("红", "洪")
@example("L", "L ")
def test_a_frame_is_of_its_own_filter_and_of_no_other(name: str, other: str) -> None:
    cards = cards_of(name)
    assert is_of(cards, name)
    assert is_of(cards, other) == (other == name)


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    with History(tmp_path_factory.mktemp("state") / "history.sqlite") as opened:
        yield opened


@given(names | st.none(), names | st.none())
@example("Hα", "Ha")
@example("红", "洪")
@example("L", "L ")
@example("é", "e\u0301")
@example("", None)
def test_what_was_learned_of_a_filter_is_not_believed_of_another(history, name, other) -> None:
    assume(name != other)
    keys = [SettingKey("mono", "CCD", each, 1, None, None, None, None) for each in (name, other)]
    learned = [Trained(step, 1.0, 0.5, datetime(2026, 11, 22, tzinfo=UTC)) for step in (17, 203)]
    for key, trained in zip(keys, learned, strict=True):
        history.remember(key, trained)
    assert [history.trained(key) for key in keys] == learned


@given(names)
def test_what_stands_for_a_name_stands_for_no_other(name: str) -> None:
    assert distinct(name) == name or distinct(distinct(name)) != distinct(name)


@given(names)
def test_a_name_reads_as_it_was_written(name: str) -> None:
    card = filter_card(name)
    assert Header(make_card("FILTER", card, "").encode("ascii")).values["FILTER"] == card


@pytest.mark.parametrize("name", ["L", "Ha", "H_alpha", "Ha 5nm", "r'", "?", "  L", "x" * 68])
def test_a_name_that_a_card_can_hold_stays_byte_for_byte(name: str) -> None:
    assert cards_of(name, ["Hα", name, "ha", name + " "])["FILTER"] == name


@pytest.mark.parametrize(
    ("name", "written"),
    [("Hα", "Ha"), ("Grün", "Grun"), ("红", "Hong"), ("Зелёный", "Zelenyy"), ("L ", "L")],
)
def test_any_other_is_transliterated(name: str, written: str) -> None:
    assert cards_of(name, [name, "R"])["FILTER"] == written


def test_only_a_name_that_reads_like_another_is_marked() -> None:
    wheel = ["Ha", "Hα", "红"]
    assert [filter_card(name, wheel) for name in wheel] == ["Ha", "Ha~fa6d71663fa4", "Hong"]


def test_file_names_of_filters_that_differ_in_case_only_are_marked() -> None:
    first, second = (
        frame_name(flat_record(filter=name, slots=["R", "r", "L"])) for name in ("R", "r")
    )
    assert first.casefold() != second.casefold()


def wanted(name: str, slots=()) -> Wanted:
    facts = {"rig": "mono-refractor", "camera": "CCD Simulator", "filter": name, "slots": slots}
    return Wanted(**keyed({"kind": FrameKind.FLAT, **facts}))


@pytest.fixture
def earlier(monkeypatch):
    """Write frames as flatctl did before it had FLATFILT."""
    others = tuple(keyword for keyword in headers.KEYWORDS if keyword.name != "FLATFILT")
    monkeypatch.setattr(headers, "KEYWORDS", others)


@pytest.mark.parametrize(
    ("shown", "name", "slots"),
    [("?", "红", ["红"]), ("?", "?", ["?"]), ("Ha", "Hα", ["Hα"]), ("Ha", "Ha", ["Ha", "Hα"])],
)
def test_an_earlier_frame_counts_for_no_filter_that_it_may_not_be_of(
    tmp_path, earlier, shown: str, name: str, slots: list[str]
) -> None:
    store(tmp_path, filter=shown)
    found = finished(tmp_path, NIGHT, wanted(name, slots))
    assert (found.frames, found.sets) == ((), ())


def test_an_earlier_frame_of_nobody_knows_which_filter_is_named(tmp_path, earlier) -> None:
    path = store(tmp_path, filter="?")
    assert finished(tmp_path, NIGHT, wanted("红")).skipped == ((path, AMBIGUOUS),)


def test_an_earlier_frame_of_a_plain_name_is_of_its_filter(tmp_path, earlier) -> None:
    store(tmp_path, filter="L")
    assert len(finished(tmp_path, NIGHT, wanted("L", ["L", "R"])).frames) == 1


@pytest.mark.parametrize("fact", ["rig", "camera", "readout_mode"])
def test_frames_of_names_that_transliterate_alike_do_not_count_for_one_another(
    tmp_path, fact: str
) -> None:
    store(tmp_path, **{fact: "红"})
    facts = {"rig": "mono-refractor", "camera": "CCD Simulator", "kind": FrameKind.FLAT}
    assert finished(tmp_path, NIGHT, Wanted(**keyed({**facts, fact: "红"}))).frames
    assert not finished(tmp_path, NIGHT, Wanted(**keyed({**facts, fact: "洪"}))).frames
