"""What a run of the sky tells besides its frames: the plan, the pointing, the waits."""

import json
from itertools import pairwise

import pytest
from twilight_bench import ALL, Twilight

from flatctl import events
from flatctl.outputs.jsonlines import encode, to_plain
from flatctl.outputs.record import RunRecord
from flatctl.outputs.stored import event_of


@pytest.fixture(scope="module")
def dusk(tmp_path_factory) -> Twilight:
    """A whole dusk of seven filters that has begun too early."""
    twilight = Twilight(tmp_path_factory.mktemp("dusk"), filters=ALL, count=2, starts_deg=0.5)
    twilight.run()
    return twilight


def plain(twilight: Twilight, kind: type[events.Event]) -> list[dict]:
    return [json.loads(encode(to_plain(event))) for event in twilight.all(kind)]


def test_the_light_of_the_run_is_the_sky(dusk) -> None:
    assert plain(dusk, events.RunStarted)[0]["light"] == "sky"


def test_the_first_plan_comes_before_the_first_frame(dusk) -> None:
    kinds = [event.event for event in dusk.told]
    assert kinds.index("sky_plan") < kinds.index("exposing")


def test_a_plan_tells_when_the_light_of_each_filter_is_right(dusk) -> None:
    first = plain(dusk, events.SkyPlan)[0]["filters"]
    assert {each["filter"] for each in first} == set(ALL)
    for each in first:
        assert set(each) == {
            *("filter", "opens", "closes", "sun_altitude_deg", "frames", "ends", "light_adu_s")
        }
        assert each["opens"] <= each["ends"] <= each["closes"]
        assert each["sun_altitude_deg"] == sorted(each["sun_altitude_deg"], reverse=True)
        assert each["frames"] == dusk.count
        assert each["light_adu_s"] == sorted(each["light_adu_s"], reverse=True)


def test_a_plan_is_told_only_where_it_is_another_one(dusk) -> None:
    told = dusk.all(events.SkyPlan)
    assert all(before.filters != after.filters for before, after in pairwise(told))
    assert len(told) < 30


def test_the_plan_that_is_told_is_the_one_that_is_followed(dusk) -> None:
    """A filter's first frame comes under a plan that begins with it."""
    seen: set[str] = set()
    plan = None
    for event in dusk.told:
        if isinstance(event, events.SkyPlan):
            plan = event
        if isinstance(event, events.Flat) and event.filter not in seen:
            seen.add(event.filter)
            assert event.filter in {each.filter for each in plan.filters}


def test_a_wait_for_the_light_says_how_long_and_where_the_sun_is(dusk) -> None:
    waits = [each for each in plain(dusk, events.Waiting) if each.get("for") == "light"]
    assert waits
    for each in waits:
        assert each["seconds"] > 0
        assert -12 <= each["sun_altitude_deg"] <= 1
    assert "light of the sky" in waits[0]["what"]


def test_one_wait_is_told_once(dusk) -> None:
    told = [event for event in dusk.told if event.event in ("waiting", "exposing")]
    waited = [(e.what.what, e.what.filter) if e.event == "waiting" else None for e in told]
    assert all(before != after or before is None for before, after in pairwise(waited))


def test_other_waits_have_none_of_the_keys_of_the_sky(dusk) -> None:
    other = [each for each in plain(dusk, events.Waiting) if "for" not in each]
    assert other
    assert not any({"seconds", "sun_altitude_deg"} & set(each) for each in other)


@pytest.mark.parametrize("kind", [events.Trial, events.Flat])
def test_a_frame_tells_of_its_sky_and_has_no_brightness(dusk, kind) -> None:
    for each in plain(dusk, kind):
        assert each["brightness"] is None
        assert -12 <= each["sun_altitude_deg"] <= 0.5
        assert each["sky_rate_adu_s"] > 0
        assert each["predicted_level"] > 0


def test_a_flat_was_expected_about_as_it_came(dusk) -> None:
    flats = dusk.all(events.Flat)
    off = [each.predicted_level / each.level for each in flats]
    assert sorted(off)[len(off) // 2] == pytest.approx(1.0, abs=0.02)


def test_nothing_of_a_run_of_the_sky_has_a_brightness(dusk) -> None:
    for kind in (events.FilterStarted, events.Exposing):
        assert {
            each.get("brightness", each.get("start_brightness")) for each in plain(dusk, kind)
        } == {None}


def test_the_pointing_is_told_when_it_changes_and_not_for_each_dither(dusk) -> None:
    told = plain(dusk, events.Pointed)
    assert 1 <= len(told) < len(dusk.all(events.Flat)) / 2
    for each in told:
        assert 0 <= each["ra_deg"] < 360
        assert -90 <= each["dec_deg"] <= 90
        assert each["alt_deg"] == pytest.approx(75, abs=0.5)
        assert each["tracking"] is False


def test_a_mount_that_stays_is_told_of_once(tmp_path) -> None:
    twilight = Twilight(tmp_path, filters=("L",), count=2, may_move=False)
    twilight.run()
    assert len(twilight.all(events.Pointed)) == 1


def test_what_the_window_leaves_undone_is_out_of_time(tmp_path) -> None:
    sky = {"sun_altitude_deg": (-6.0, 0.0)}
    twilight = Twilight(tmp_path, filters=("L",), count=400, starts_deg=-5.8, sky=sky)
    twilight.run()
    assert plain(twilight, events.FilterFinished)[0]["outcome"] == "out_of_time"


def test_the_record_knows_the_light_the_plan_and_the_pointing(dusk) -> None:
    record = RunRecord.of(dusk.told)
    assert record.light_source == "sky"
    assert record.sky_plan == dusk.all(events.SkyPlan)[-1]
    assert record.pointing == dusk.all(events.Pointed)[-1]


@pytest.mark.parametrize(
    "kind", [events.RunStarted, events.SkyPlan, events.Pointed, events.Trial, events.Flat]
)
def test_what_was_stored_is_read_as_it_was(dusk, kind) -> None:
    for each in plain(dusk, kind):
        assert json.loads(encode(to_plain(event_of(each)))) == each


@pytest.mark.parametrize("damage", [None, "x", -1, [], {}, [None], [{"filter": 3}]])
def test_a_damaged_event_is_read_all_the_same(dusk, damage) -> None:
    for kind in (events.SkyPlan, events.Pointed, events.Trial, events.RunStarted):
        whole = plain(dusk, kind)[0]
        for key in whole.keys() - {"event"}:
            read = event_of({**whole, key: damage})
            encode(to_plain(read))
            RunRecord.of([read])
