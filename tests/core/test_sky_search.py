"""The search of the sky: what it promises under any light."""

import json
from math import cos, exp, pi

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flatctl import SkyFilter, SkyFlatSearch
from flatctl.core.sky.twilight import ln_brightness

FULL = 65535.0
ENDINGS = {"complete", "too_dim", "too_bright", "out_of_time", "unstable"}


def dusk(time_s: float) -> float:
    """Return an altitude that sinks by 0.25 degrees a minute from +2, then by less."""
    return 10.0 * cos(pi * min(time_s, 12_000.0) / 12_000.0) - 8.0


def dawn(time_s: float) -> float:
    return dusk(12_000.0 - time_s)


def a_search(**other) -> SkyFlatSearch:
    filters = other.pop("filters", [SkyFilter("L", 5), SkyFilter("Ha", 5)])
    given_ = {
        "target_adu": 33400.0,
        "tolerance_adu": 3277.0,
        "full_scale_adu": FULL,
        "dawn": False,
        "sun_altitude": dusk,
        "sun_altitude_range_deg": (-12.0, 0.0),
        **other,
    }
    return SkyFlatSearch(filters, **given_)


def run(search: SkyFlatSearch, level_of, *, start_s: float = 0.0, steps_max: int = 5000):
    """Do what the search says; `level_of(filter, time_s, exposure_s)` is the sky. Yield frames."""
    time_s, frames = start_s, []
    for _ in range(steps_max):
        step = search.next(time_s)
        if step.action == "finish":
            return frames
        if step.action == "wait":
            time_s += step.seconds
        elif step.action == "switch":
            time_s += 2.0
        else:
            level = min(level_of(step.filter, time_s, step.exposure_s), FULL)
            verdict = search.observe(
                mid_s=time_s + step.exposure_s / 2,
                exposure_s=step.exposure_s,
                median_adu=level,
                clipped_frac=float(level >= FULL),
            )
            frames.append((step.filter, time_s, step.exposure_s, level, verdict))
            time_s += step.exposure_s + 3.0
    raise AssertionError("it does not end")


def fading(scale: float, steeper: float = 0.0, sun=dusk):
    """Return a clear sky as it fades; Ha passes a fiftieth."""

    def level_of(name: str, time_s: float, exposure_s: float) -> float:
        nm, through = (656.0, 0.02) if name == "Ha" else (550.0, 1.0)
        fade = ln_brightness([sun(time_s + exposure_s / 2), -6.0], nm)
        rate = exp(fade[0] + steeper * (fade[0] - fade[1]))
        return 1000.0 + scale * through * exposure_s * rate

    return level_of


SKY = fading(1e9)


def test_a_dusk_gives_all_filters_the_least_sensitive_first():
    search = a_search()
    frames = run(search, SKY)
    assert search.outcomes == {"L": "complete", "Ha": "complete"}
    assert [name for name, *_ in frames if _[-1].accepted] == ["Ha"] * 5 + ["L"] * 5


def test_at_most_a_few_frames_are_not_kept():
    search = a_search()
    frames = run(search, SKY)
    assert len(frames) <= 10 + 4


def test_no_exposure_begins_while_the_sun_is_outside_its_range():
    search = a_search(sun_altitude_range_deg=(-6.0, -3.0))
    frames = run(search, SKY)
    assert frames
    assert all(-6.0 <= dusk(time_s) <= -3.0 for _, time_s, *_ in frames)


def test_at_dawn_it_waits_for_the_light():
    search = a_search(dawn=True, sun_altitude=dawn)
    frames = run(search, fading(1e9, sun=dawn))
    assert search.outcomes == {"L": "complete", "Ha": "complete"}
    assert [name for name, *_ in frames if _[-1].accepted] == ["L"] * 5 + ["Ha"] * 5


def test_a_twilight_that_was_missed_ends_at_once():
    search = a_search()
    assert search.next(11_999.0).action == "finish"
    assert set(search.outcomes.values()) == {"out_of_time"}


def test_a_sky_too_dark_is_too_dim():
    search = a_search(sun_altitude_range_deg=(-17.0, 0.0))
    run(search, lambda name, t, e: 1000.0 + 1e-3 * e)
    assert set(search.outcomes.values()) <= {"too_dim", "out_of_time"}
    assert search.counts == {"L": 0, "Ha": 0}


def test_clipped_frames_are_no_flats():
    search = a_search(sun_altitude_range_deg=(-6.0, -3.0))
    frames = run(search, lambda name, t, e: FULL)
    assert not any(verdict.accepted for *_, verdict in frames)


def test_a_refused_frame_is_no_flat_but_tells_of_the_light():
    refused, search = run_refusing_all()
    assert {verdict.verdict for verdict in refused} == {"refused"}
    assert search.counts == {"L": 0}
    assert search.memory != a_search(filters=[SkyFilter("L", 5)]).memory


def run_refusing_all():
    """Look at the light of one filter three times and refuse each frame in the band."""
    search, level_of, verdicts = a_search(filters=[SkyFilter("L", 5)]), SKY, []
    time_s = 0.0
    while len(verdicts) < 3:
        step = search.next(time_s)
        if step.action != "expose":
            time_s += step.seconds or 2.0
            continue
        level = min(level_of("L", time_s, step.exposure_s), FULL)
        verdict = search.observe(
            mid_s=time_s + step.exposure_s / 2,
            exposure_s=step.exposure_s,
            median_adu=level,
            clipped_frac=float(level >= FULL),
            refused=True,
        )
        if verdict.verdict not in ("clipped", "too_bright", "too_dim"):
            verdicts.append(verdict)
        time_s += step.exposure_s + 3.0
    return verdicts, search


def test_every_filter_is_explained():
    search = a_search(filters=[SkyFilter("L", 500), SkyFilter("Ha", 5)])
    run(search, SKY)
    assert set(search.explanation) == {"L", "Ha"}
    assert "of 500" in search.explanation["L"]


def test_every_step_gives_a_reason():
    search = a_search()
    time_s, step = 0.0, search.next(0.0)
    while step.action != "expose":
        assert step.reason.endswith(".")
        time_s += step.seconds + 1.0
        step = search.next(time_s)
    assert step.reason.endswith(".")


def test_a_second_night_knows_the_first():
    first = a_search()
    run(first, SKY)
    second = a_search(memory=json.loads(json.dumps(first.memory)))
    frames = run(second, SKY)
    assert second.outcomes == {"L": "complete", "Ha": "complete"}
    assert len(frames) <= 11


@pytest.mark.parametrize("steeper", [-0.3, -0.15, 0.15, 0.3])
def test_a_twilight_of_another_steepness_costs_a_few_frames(steeper):
    search = a_search(filters=[SkyFilter("L", 20), SkyFilter("Ha", 20)])
    frames = run(search, fading(1e9, steeper))
    assert search.outcomes == {"L": "complete", "Ha": "complete"}
    assert len(frames) <= 40 + 8


@pytest.mark.parametrize("scale", [3e10, 3e11])
def test_a_sky_brighter_than_thought_is_met_as_soon_as_its_light_is_right(scale):
    level_of, count = fading(scale), 200
    right_s = next(t for t in range(3000, 9000) if level_of("L", t, 0.5) < 33400.0)
    frames = run(a_search(filters=[SkyFilter("L", count)]), level_of)
    first_s = next(time_s for _, time_s, *_, verdict in frames if verdict.accepted)
    assert first_s - right_s < 60.0
    assert len(frames) <= count + 12


def test_the_first_look_at_dawn_comes_before_the_light():
    level_of = fading(5e9, sun=dawn)
    right_s = next(t for t in range(1000, 12_000) if level_of("L", t, 30.0) > 33400.0)
    frames = run(a_search(filters=[SkyFilter("L", 5)], dawn=True, sun_altitude=dawn), level_of)
    first_s = next(time_s for _, time_s, *_, verdict in frames if verdict.accepted)
    assert first_s - right_s < 60.0


def test_observe_needs_an_exposure():
    search = a_search()
    with pytest.raises(ValueError, match="expose"):
        search.observe(mid_s=1.0, exposure_s=1.0, median_adu=1.0, clipped_frac=0.0)


def test_time_never_goes_back():
    search = a_search()
    search.next(100.0)
    with pytest.raises(ValueError, match="back"):
        search.next(99.0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"target_adu": -1.0},
        {"filters": []},
        {"filters": [SkyFilter("L", 5), SkyFilter("L", 5)]},
        {"sun_altitude_range_deg": (0.0, -12.0)},
        {"overhead_s": -1.0},
        {"pedestal_adu": float("nan")},
        {"memory": {"version": 1}},
        {"memory": {"version": 7}},
        {"memory": ["no"]},
    ],
)
def test_arguments_without_sense_are_refused(wrong):
    with pytest.raises(ValueError, match=r"."):
        a_search(**wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"count": 0},
        {"exposure_range_s": (2.0, 1.0)},
        {"exposure_range_s": (0.0, 1.0)},
        {"throughput": -1.0},
        {"wavelength_nm": float("inf")},
    ],
)
def test_a_filter_without_sense_is_refused(wrong):
    with pytest.raises(ValueError, match=r"."):
        SkyFilter(**{"name": "L", "count": 5, **wrong})


levels = st.lists(st.floats(0.0, FULL), min_size=1, max_size=30)


@settings(max_examples=20, deadline=None)
@given(levels, st.booleans(), st.floats(0.0, 6000.0))
def test_under_any_light_it_ends_and_counts_right(seen, rising, start_s):
    search = a_search(
        dawn=rising,
        sun_altitude=dawn if rising else dusk,
        sun_altitude_range_deg=(-12.0, -10.0),
        overhead_s=20.0,
    )
    shots = iter(seen * 2000)
    frames = run(search, lambda name, t, e: next(shots), start_s=start_s)
    kept = dict.fromkeys(search.counts, 0)
    for name, time_s, exposure_s, level, verdict in frames:
        assert 0.5 <= exposure_s <= 30.0
        assert -12.0 <= (dawn if rising else dusk)(time_s) <= -10.0
        assert verdict.accepted == (abs(level - 33400.0) <= 3277.0)
        kept[name] += verdict.accepted
    assert search.counts == kept
    assert set(search.outcomes) == {"L", "Ha"}
    for name, outcome in search.outcomes.items():
        assert outcome in ENDINGS
        assert (outcome == "complete") == (kept[name] == 5)


@settings(max_examples=5, deadline=None)
@given(st.floats(1e8, 1e10), st.floats(-0.1, 0.1))
def test_the_same_light_gives_the_same_steps(scale, steeper):
    sky = fading(scale, steeper)
    assert run(a_search(), sky) == run(a_search(), sky)


@settings(max_examples=5, deadline=None)
@given(st.floats(9.0, 14.0), st.sampled_from([0.001, 0.1, 0.5, 2.0]))
def test_a_sky_far_brighter_than_expected_is_looked_at_few_times(magnitudes, shortest_s):
    """However bright: at most once for each 0.7 degrees that the Sun sinks by, of 12."""
    ranges = (shortest_s, 30.0)
    search = a_search(filters=[SkyFilter("L", 5, ranges), SkyFilter("Ha", 5, ranges)])
    frames = run(search, fading(10.0**magnitudes))
    assert sum(frame[4].verdict == "clipped" for frame in frames) <= 18


@settings(max_examples=4, deadline=None)
@given(st.floats(1e8, 1e11), st.booleans())
def test_a_wait_is_one_and_not_many_short_ones(scale, rising):
    sun = dawn if rising else dusk
    search = a_search(dawn=rising, sun_altitude=sun)
    waits: list[float] = []
    follow = search.next

    def following(time_s: float):
        step = follow(time_s)
        if step.action == "wait":
            waits.append(step.seconds)
        return step

    search.next = following
    frames = run(search, fading(scale, sun=sun))
    assert len(waits) <= sum(waits) / 30.0 + 2 * len(frames) + 5


@settings(max_examples=4, deadline=None)
@given(st.floats(0.2, 0.7), st.floats(0.02, 0.1))
def test_a_filter_may_have_a_target_of_its_own(target, tolerance):
    own = {"target_adu": target * FULL, "tolerance_adu": tolerance * FULL}
    search = a_search(filters=[SkyFilter("L", 5), SkyFilter("Ha", 5, **own)])
    for name, _, _, level, verdict in run(search, SKY):
        wanted, around = (target, tolerance) if name == "Ha" else (33400.0 / FULL, 3277.0 / FULL)
        assert verdict.accepted == (abs(level / FULL - wanted) <= around)
    assert search.counts == {"L": 5, "Ha": 5}


@pytest.mark.parametrize("wrong", [{"target_adu": 0.0}, {"tolerance_adu": -1.0}])
def test_a_target_without_sense_is_refused(wrong):
    with pytest.raises(ValueError, match="_adu"):
        SkyFilter("L", 5, **wrong)


@settings(max_examples=3, deadline=None)
@given(st.floats(1.0, 25.0), st.floats(0.0, 25.0))
def test_how_long_it_is_between_frames_is_learned(told_s, real_s):
    """What the plan foretells of a set is about what comes, whatever was said before."""
    search = a_search(filters=[SkyFilter("L", 500)], overhead_s=told_s)
    time_s, foretold = 0.0, 0
    while (step := search.next(time_s)).action != "finish":
        if search.counts["L"] == 4 and not foretold and search.plan:
            search._stale = True
            search.next(time_s)
            foretold = search.plan.frames + search.counts["L"]
            step = search.next(time_s)
        if step.action == "expose":
            level = min(SKY("L", time_s, step.exposure_s), FULL)
            search.observe(
                mid_s=time_s + step.exposure_s / 2,
                exposure_s=step.exposure_s,
                median_adu=level,
                clipped_frac=float(level >= FULL),
            )
            time_s += step.exposure_s + real_s
        else:
            time_s += step.seconds or 2.0
    assert search.counts["L"] == pytest.approx(foretold, rel=0.2, abs=3)


@pytest.mark.parametrize("rising", [False, True])
@pytest.mark.parametrize("factor", [0.25, 1.0, 4.0])
def test_no_filter_is_given_up_for_a_guess_alone(factor, rising):
    """Its light would have gone by what its name lets expect, and is `factor` of what is right."""
    sun, start_s = (dawn, 8_962.0) if rising else (dusk, 3_038.0)

    def level_of(_name: str, time_s: float, exposure_s: float) -> float:
        ln = ln_brightness(sun(time_s), 656.0) - ln_brightness(sun(start_s), 656.0)
        return float(33_400.0 * factor * exp(ln) * exposure_s / 0.7)

    for limits_s in ((0.02, 0.5), (0.05, 1.0), (0.05, 2.0), (0.5, 10.0), (2.0, 30.0)):
        search = a_search(filters=[SkyFilter("Ha", 3, limits_s)], dawn=rising, sun_altitude=sun)
        frames = run(search, level_of, start_s=start_s)
        assert frames, (limits_s, search.explanation)
