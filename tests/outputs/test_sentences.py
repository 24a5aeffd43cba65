"""From facts to the sentences that a user reads."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from event_streams import Night, typed

from flatctl import events
from flatctl.core.quality.findings import Finding, Kind
from flatctl.outputs.jsonlines import JsonLines
from flatctl.outputs.record import RunRecord
from flatctl.outputs.sentences.findings import _SENTENCES, all_words, finding_words
from flatctl.outputs.sentences.reasons import calibrating_words, why_words
from flatctl.outputs.sentences.run import lines_of, notes

NOW = datetime(2026, 11, 22, 17, 15, 30, tzinfo=UTC)
GRADIENT = Finding(
    Kind.GRADIENT, {"against": "set", "gradient_frac": 0.03, "brighter_at": "lower left"}
)
TOO_DIM = Finding(Kind.TOO_DIM, {"level": 0.42, "low": 0.46, "high": 0.56})
OF_A_FILTER = {"time": NOW, "filter": "R", "set": "R"}


@pytest.mark.parametrize(
    ("kind", "figures", "said"),
    [
        (Kind.GRADIENT, GRADIENT.figures, "a gradient of 3 % across the frame, brighter at the "),
        (
            Kind.GRADIENT,
            {"against": "last_set", "gradient_frac": 0.03, "brighter_at": "right"},
            "a gradient of 3 % since the last set, brighter at the right: stray light",
        ),
        (
            Kind.VEIL,
            {"against": "set", "veil_frac": -0.051},
            "5.1 % less background light all over the frame than in the rest of the set: stray",
        ),
        (
            Kind.VEIL,
            {"against": "last_set", "veil_frac": 0.051},
            "5.1 % more background light all over the frame than in the last set: stray light",
        ),
        (
            Kind.UNEVEN,
            {"change_frac": -0.2, "col_px": 120, "row_px": 40},
            "around column 120, row 40 there is 20 % less light than in the rest of the set: ",
        ),
        (
            Kind.BANDING,
            {"lines": "rows", "swing_frac": 0.01, "period_px": 30.2},
            "banding of 1 % in the rows, a wave every 30 px: the panel flickers",
        ),
        (
            Kind.BANDING,
            {"swing_frac": 0.01, "period_px": 30.2},
            "a pattern of 1 % every 30 px stands still from frame to frame",
        ),
        (
            Kind.NOISE,
            {"against": "set", "e_per_adu": 3.0, "usual_e_per_adu": 1.5},
            "its noise does not fit its light: 3 e-/ADU against 1.5 in the rest of the set",
        ),
        (
            Kind.NOISE,
            {"against": "last_set", "e_per_adu": 3.0, "usual_e_per_adu": 1.5},
            "the noise says 3 e-/ADU where the last set had 1.5: the camera's gain",
        ),
        (
            Kind.LOSSY,
            {"correlation": 0.5},
            "neighbouring pixels share their noise (correlation 0.50; raw frames have 0)",
        ),
        (
            Kind.LOSSY,
            {"step_adu": 1024, "noise_adu": 120.4, "bits": 6},
            "the values are 1024 ADU apart, more than the noise of 120 ADU: the frames have lost "
            "depth (6 bits are left)",
        ),
        (
            Kind.OFFSET,
            {"pedestal_adu": 1500.2, "change_adu": 500.4},
            "the level without light is 1500 ADU, +500 since the last run: the camera's offset",
        ),
        (
            Kind.OFFSET,
            {"change_adu": -1480.0},
            "the level without light changed by about -1480 ADU since the last set",
        ),
        (
            Kind.MOVED,
            {"distance_px": 8.1, "towards": "right"},
            "the pattern of dust and vignetting moved by 8 px towards the right since the last set",
        ),
        (Kind.DUST, {"spots": 12}, "the dust is not that of the last set (12 spots or more differ"),
        (
            Kind.DUST,
            {"depth_frac": 0.03, "col_px": 120, "row_px": 40},
            "dust came at column 120, row 40 since the last set (about 3 % of the light)",
        ),
        (
            Kind.DUST,
            {"depth_frac": -0.03, "col_px": 120, "row_px": 40},
            "dust went at column 120, row 40 since the last set (about 3 % of the light)",
        ),
        (
            Kind.CHANNELS,
            {"weak": "R", "strong": "G", "light_frac": 0.28},
            "red gets 28 % of the light of green, so its part of the flat is noisier: a sheet of "
            "red tint",
        ),
        (
            Kind.LEAK,
            {"leak_frac": 0.01, "median_frac": 0.002, "exposure_s": 5.0},
            "with the panel off 1 % of a flat's light reaches the sensor in 5 s (0.2 % on the "
            "whole): close",
        ),
        (
            Kind.ODD,
            {"like": "gradient", **GRADIENT.figures},
            "the first flat of the set differs from all others (a gradient of 3 % across the "
            "frame, brighter at the lower left, which the rest of the set does not have): delete "
            "it and run again to replace it",
        ),
        (Kind.TOO_DIM, TOO_DIM.figures, "too dim: 42.0 %, wanted 46.0 to 56.0 %"),
        (
            Kind.TOO_BRIGHT,
            {"level": 0.6, "low": 0.46, "high": 0.56},
            "too bright: 60.0 %, wanted 46.0 to 56.0 %",
        ),
        (Kind.CLIPPED, {"clipped_frac": 0.0123}, "clipped: 1.23 % of the pixels are full"),
    ],
)
def test_a_finding_is_said_with_its_figures(kind, figures, said) -> None:
    assert finding_words(Finding(kind, figures)).startswith(said)


def test_every_kind_of_finding_has_words() -> None:
    assert {key.partition(" ")[0] for key in _SENTENCES} == set(Kind)


def test_several_findings_of_a_frame_make_one_sentence() -> None:
    assert all_words([TOO_DIM, TOO_DIM]).count("too dim") == 2


@pytest.mark.parametrize(
    ("why", "said"),
    [
        (events.Doubt.UNRESPONSIVE, "the light does not change"),
        (events.Doubt.CHANGED, "the light has changed"),
        ("camera: gone", "camera: gone"),
        ((TOO_DIM,), "too dim"),
        ("", ""),
    ],
)
def test_every_reason_has_words(why, said) -> None:
    assert said in why_words(why)


def plain(event: events.Event) -> dict[str, object]:
    """Return the event as a reader of `--json` gets it."""
    stream = io.StringIO()
    JsonLines(stream)(event, RunRecord())
    return json.loads(stream.getvalue())


def rejected(why: events.Why) -> events.Rejected:
    return events.Rejected(
        **OF_A_FILTER,
        why=why,
        brightness=128,
        exposure_s=1.0,
        median_adu=27525.0,
        level=0.42,
        clipped_frac=0.0,
    )


def finished(outcome: str, why: events.Why) -> events.FilterFinished:
    return events.FilterFinished(**OF_A_FILTER, outcome=outcome, trials=3, flats=0, why=why)


def test_a_rejected_frame_has_its_reason_as_a_sentence_and_as_facts() -> None:
    told = plain(rejected((TOO_DIM,)))
    assert told["reason"] == "too dim: 42.0 %, wanted 46.0 to 56.0 %"
    assert told["finding"] == {
        "kind": "too_dim",
        "figures": {"level": 0.42, "low": 0.46, "high": 0.56},
    }


def test_a_frame_rejected_for_two_reasons_has_both_as_facts() -> None:
    told = plain(rejected((GRADIENT, TOO_DIM)))
    assert [each["kind"] for each in told["findings"]] == ["gradient", "too_dim"]


def test_an_incomplete_filter_has_its_reason_as_facts() -> None:
    told = plain(finished("unstable", (GRADIENT,)))
    assert told["finding"]["kind"] == "gradient"
    assert told["finding"]["figures"]["gradient_frac"] == 0.03


def test_a_doubt_has_a_kind() -> None:
    told = plain(finished("unstable", events.Doubt.UNRESPONSIVE))
    assert told["finding"] == {"kind": "unresponsive", "figures": {}}


def test_what_a_device_said_has_the_outcome_for_its_kind() -> None:
    told = plain(finished("device", "camera: gone"))
    assert (told["reason"], told["finding"]) == ("camera: gone", {"kind": "device", "figures": {}})


def test_a_complete_filter_has_no_reason() -> None:
    told = plain(finished("complete", ""))
    assert (told["reason"], told["finding"]) == ("", None)


def test_findings_of_a_set_have_kind_sentence_and_figures() -> None:
    leak = Finding(Kind.LEAK, {"leak_frac": 0.01, "median_frac": 0.01, "exposure_s": 5.0})
    told = plain(
        events.LightLeak(
            time=NOW,
            exposure_s=5.0,
            pedestal_adu=1000.0,
            leak_adu=324.0,
            leak_frac=0.01,
            findings=(leak,),
        )
    )
    assert told["findings"] == [
        {"kind": "leak", "reason": finding_words(leak), "figures": dict(leak.figures)}
    ]


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (events.Awaited(events.Preparation.CAMERA), "preparing the camera"),
        (events.Waiting(time=NOW, what="weather: rain"), "waiting: weather: rain"),
        (
            events.Awaited(events.Preparation.LIGHT, filter="L", sun_altitude_deg=-2.04),
            "waiting for light for L, Sun -2.0°",
        ),
        (events.Awaited(events.Preparation.LIGHT), "waiting for the light of the sky"),
        (events.Measuring(events.Chapter.PEDESTAL), "pedestal: panel off, shortest exposure"),
        (events.Measuring(events.Chapter.FULL_SCALE), "full scale: panel at its brightest"),
        (events.Measuring(events.Chapter.LEAK), "light leak: panel off, longer exposures"),
        (
            events.Measuring(events.Chapter.SETTLING, 0.1234),
            "settling: from dark to full brightness, frames of 0.123 s",
        ),
        (events.Measuring(events.Chapter.CURVE, 2.0), "panel curve: frames of 2 s"),
    ],
)
def test_a_calibration_says_what_it_does(told, said):
    assert calibrating_words(told) == said


@pytest.mark.parametrize(("flats", "these"), [(30, "these 30 flats"), (1, "this flat")])
def test_the_noise_of_a_master_is_told_with_what_is_good(flats: int, these: str) -> None:
    night = Night().begin("Ha").trial("Ha", 0.5, "accepted")
    made = typed("set_quality", filter="Ha", flats=flats, master_noise_frac=0.0048)
    record = RunRecord()
    for event in [*night, made]:
        record.take(event)
    (line,) = lines_of(record, made)
    assert line == f"Ha: a master of {these} adds 0.48 % noise (good: below 0.5 %)"


def test_a_first_flat_that_is_to_be_deleted_is_named() -> None:
    night = Night(filters=("L",)).begin("L", wanted=2)
    night.flat("L", count=2).flat("L", count=2)
    odd = Finding(Kind.ODD, {"like": "veil", "veil_frac": 0.021})
    quality = replace(typed("set_quality", filter="L", flats=2), findings=(odd,))
    record = RunRecord.of([*night, quality])
    (line,) = lines_of(record, quality)
    assert line.endswith(f"run again to replace it: {record.filters['L'].flats[0].path}")
    assert notes(record.filters["L"]) == [line.removeprefix("L: ")]
