"""File names: what stackers read out of them, and what never gets into them."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from storage_builders import dark_record, flat_record

from flatctl.core.types import FrameKind
from flatctl.storage.filters import filter_token
from flatctl.storage.naming import frame_folder, frame_name, night_of

NAME = re.compile(
    r"FLAT(_FILTER-[A-Za-z0-9-]{1,32})?_EXPTIME-\d+\.\d+s(_GAIN--?\d+(\.\d+)?)?"
    r"(_ISOSPEED-\d+)?_BINNING-\d+_\d{8}T\d{9}Z_\d{4,}\.fits"
)
names = st.one_of(st.text(max_size=400), st.text("./\\_\0 αH-", max_size=40))


def test_a_flat_is_named_as_promised() -> None:
    assert frame_name(flat_record()) == (
        "FLAT_FILTER-Ha_EXPTIME-1.234s_GAIN-100_BINNING-1_20261122T171530123Z_0007.fits"
    )


def test_a_dark_flat_is_named_as_promised() -> None:
    assert frame_name(dark_record()) == (
        "DARKFLAT_EXPTIME-1.234s_GAIN-100_BINNING-1_20261122T171530123Z_0007.fits"
    )


@pytest.mark.parametrize(
    ("kind", "folder"),
    [(FrameKind.FLAT, "2026-11-22/FLAT"), (FrameKind.DARK_FLAT, "2026-11-22/DARKFLAT")],
)
def test_frames_lie_in_a_folder_of_their_night_and_kind(kind: FrameKind, folder: str) -> None:
    assert frame_folder(Path("flats"), date(2026, 11, 22), kind) == Path("flats") / folder


def test_a_rig_without_a_wheel_has_no_filter_token() -> None:
    assert "FILTER" not in frame_name(flat_record(filter=None))


def test_an_unknown_gain_has_no_token() -> None:
    assert "GAIN" not in frame_name(flat_record(gain=None))


def test_the_iso_speed_has_a_token_of_its_own() -> None:
    assert "_ISOSPEED-800_" in frame_name(flat_record(gain=None, iso=800))


def test_exposures_below_a_tenth_of_a_second_show_microseconds() -> None:
    assert "_EXPTIME-0.000125s_" in frame_name(flat_record(exposure_s=0.000125))


def test_a_second_frame_of_the_same_name_gets_another_one() -> None:
    assert frame_name(flat_record(), copy=2).endswith("_0007-2.fits")


def test_the_time_is_utc_wherever_the_rig_stands() -> None:
    started = datetime(2026, 11, 22, 19, 0, 0, 7000, tzinfo=timezone(timedelta(hours=2)))
    assert "_20261122T170000007Z_" in frame_name(flat_record(started=started))


@pytest.mark.parametrize(
    ("name", "token"),
    [
        ("Ha", "Ha"),
        ("H_alpha", "H-alpha"),
        ("Hα", "Ha"),
        ("Hβ 5 nm", "Hb-5-nm"),
        ("Grün", "Grun"),
        ("../../etc/passwd", "etc-passwd"),
        ("L\0R", "L-R"),
        ("", "unnamed"),
        ("///", "unnamed"),
        ("滤镜", "LuJing"),
        ("x" * 300, "x" * 32),
    ],
)
def test_filter_names_become_tokens(name: str, token: str) -> None:
    assert filter_token(name) == token


@given(
    filter_name=st.none() | names,
    exposure_s=st.floats(1e-6, 1e5),
    gain=st.none() | st.floats(),
    number=st.integers(1, 10**6),
)
@example("../" * 100, 1.0, float("nan"), 1)
@example("x" * 300, 1.0, float("inf"), 1)
def test_every_name_is_one_readable_component(
    filter_name: str | None, exposure_s: float, gain: float | None, number: int
) -> None:
    record = flat_record(filter=filter_name, exposure_s=exposure_s, gain=gain, number=number)
    name = frame_name(record)
    assert NAME.fullmatch(name)
    assert len(name) < 200


@pytest.mark.parametrize(
    ("local", "night"),
    [
        (datetime(2026, 11, 22, 11, 59), date(2026, 11, 21)),
        (datetime(2026, 11, 22, 12, 0), date(2026, 11, 22)),
        (datetime(2026, 11, 23, 3, 0), date(2026, 11, 22)),
    ],
)
def test_a_night_begins_at_local_noon(local: datetime, night: date) -> None:
    zone = ZoneInfo("Pacific/Auckland")
    assert night_of(local.replace(tzinfo=zone).astimezone(UTC), zone) == night


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),
    st.sampled_from(
        ["UTC", "Europe/Berlin", "America/Santiago", "Pacific/Kiritimati", "Pacific/Niue"]
    ),
)
def test_the_date_of_a_night_is_the_local_date_or_the_one_before(
    when: datetime, zone_name: str
) -> None:
    zone = ZoneInfo(zone_name)
    local = when.replace(tzinfo=UTC).astimezone(zone)
    early = timedelta(days=1 if local.hour < 12 else 0)
    assert night_of(when.replace(tzinfo=UTC), zone) == local.date() - early
