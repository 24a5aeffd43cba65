"""What one night of the sky leaves for the next, and what changes in the middle of one."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_sky_search import FULL, SKY, a_search, run

from flatctl import SkyFilter
from flatctl.core.sky.memory import SkyMemory

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
FIELD = st.sampled_from(["version", "throughputs", "sky", "error", "nights", "pedestal"])


def learned() -> dict:
    search = a_search()
    run(search, SKY)
    return search.memory


LEARNED = learned()


def refused(frames: list) -> int:
    return sum(not frame[4].accepted for frame in frames)


@settings(max_examples=20)
@given(field=FIELD, damage=JSON)
def test_a_damaged_memory_is_refused_or_can_be_used(field, damage) -> None:
    try:
        search = a_search(memory={**LEARNED, field: damage})
    except ValueError:
        return
    run(search, SKY)


@given(st.floats(0.01, 100.0))
def test_a_memory_that_is_rescaled_back_is_what_it_was(factor) -> None:
    memory = SkyMemory.read(LEARNED)
    again = memory.rescaled(factor).rescaled(1 / factor)
    assert again.throughputs == pytest.approx(memory.throughputs)
    assert again.pedestal == pytest.approx(memory.pedestal)


def test_what_was_learned_with_one_full_scale_serves_with_another() -> None:
    same = refused(run(a_search(memory=LEARNED), SKY))
    memory = SkyMemory.read(LEARNED).rescaled(4.0).stored()
    search = a_search(
        target_adu=0.51 * FULL / 4,
        tolerance_adu=0.05 * FULL / 4,
        full_scale_adu=FULL / 4,
        memory=memory,
    )
    frames = run(search, lambda *frame: min(SKY(*frame), FULL / 4))
    assert search.counts == {"L": 5, "Ha": 5}
    assert refused(frames) == same


def test_a_full_scale_that_changes_in_a_night_takes_nothing_away_from_it() -> None:
    """But the frame that was under way when it changed, and one more."""
    unchanged = refused(run(a_search(), SKY))
    search = a_search()
    changed = []

    def level_of(name: str, time_s: float, exposure_s: float) -> float:
        if search.counts["Ha"] == 3 and not changed:
            changed.append(time_s)
            search.rescale(FULL / 4)
        return SKY(name, time_s, exposure_s)

    assert refused(run(search, level_of)) <= unchanged + 2
    assert search.counts == {"L": 5, "Ha": 5}


def test_a_filter_that_is_dropped_is_asked_for_no_more() -> None:
    search = a_search()
    search.drop("Ha")
    frames = run(search, SKY)
    assert {frame[0] for frame in frames} == {"L"}
    assert search.outcomes == {"L": "complete"}


def test_dropping_the_last_filter_ends_it() -> None:
    search = a_search()
    search.drop("Ha")
    search.drop("L")
    assert search.next(3000.0).action == "finish"


def test_a_memory_is_json() -> None:
    assert json.loads(json.dumps(LEARNED)) == LEARNED


@given(st.integers(0, 8), st.integers(0, 8))
@settings(max_examples=4)
def test_more_or_fewer_flats_can_be_wanted_on_the_way(after, more) -> None:
    """Once `after` are kept, `more` are missing: also where the set was complete by then."""
    search = a_search(filters=[SkyFilter("L", 5)])

    time_s, asked = 0.0, False
    while (step := search.next(time_s)).action != "finish" or not asked:
        if not asked and (search.counts["L"] == after or step.action == "finish"):
            asked, after = True, search.counts["L"]
            search.want("L", more)
            continue
        if step.action == "expose":
            search.observe(
                mid_s=time_s + step.exposure_s / 2,
                exposure_s=step.exposure_s,
                median_adu=min(SKY("L", time_s, step.exposure_s), FULL),
                clipped_frac=0.0,
            )
            time_s += step.exposure_s + 3.0
        time_s += step.seconds
    assert search.counts == {"L": after + more}
    assert search.outcomes == {"L": "complete"}
