"""What a dry run tells of a twilight before it comes."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from flatctl.app.wiring import timetable as wiring
from flatctl.app.wiring.due import sky_window
from flatctl.app.wiring.sky import sky_of
from flatctl.app.wiring.timetable import dry_run_lines, timetable
from flatctl.core.nights.history import SettingKey
from flatctl.core.sky.memory import SkyMemory
from flatctl.outputs.tables.timetable import Timetable, timetable_lines
from flatctl.settings.loading import load
from flatctl.settings.models import Settings
from flatctl.settings.plan import plan_flats
from flatctl.storage.history import History

NOON = datetime(2026, 11, 28, 11, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon_in_berlin(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def rig(tmp_path):
    def make(count: int = 20, filters: str = '["L", "R", "G", "Ha"]', **site: float) -> Settings:
        place = {"latitude_deg": 50.1, "longitude_deg": 8.7} | site
        path = tmp_path / "rig.toml"
        path.write_text(
            "[rig]\n"
            + "".join(f"{key} = {value}\n" for key, value in place.items())
            + '[camera]\ndevice = "CCD"\n[wheel]\ndevice = "Wheel"\n[sky]\nposition = "stay"\n'
            + (f"filters = {filters}\n" if filters else "")
            + f'[flats]\ncount = {count}\n[output]\ndirectory = "{tmp_path}"\n'
            + f'history = "{tmp_path}/h.sqlite"\n',
            encoding="utf-8",
        )
        return load(path, env={})

    return make


def expected(settings: Settings, *, dawn: bool = False) -> Timetable:
    after = NOON - timedelta(hours=8) if dawn else NOON
    window = sky_window(*sky_of(settings), after, dawn=dawn)
    assert window is not None
    return timetable(settings, plan_flats(settings), window, dawn=dawn)


def test_narrow_filters_come_first_at_dusk_and_wide_ones_at_dawn(rig) -> None:
    settings = rig(filters='["L", "Ha"]')
    orders = [[e.filter for e in expected(settings, dawn=d).planned] for d in (False, True)]
    assert orders == [["Ha", "L"], ["L", "Ha"]]


def test_each_window_lies_within_the_suns_range_and_holds_its_flats(rig) -> None:
    found = expected(rig())
    for each in found.planned:
        assert found.window.opens <= each.opens < each.ends <= found.window.closes
        assert each.frames == 20
        first_deg, last_deg = each.sun_altitude_deg
        assert 0.1 >= first_deg > last_deg >= -12.1
    assert found.short == {}


def test_what_does_not_fit_is_told_with_how_many_do(rig) -> None:
    found = expected(rig(count=3000))
    assert found.short
    said = "\n".join(timetable_lines(found))
    assert "of 3000 flats" in said


def test_without_a_first_night_it_is_a_guess(rig) -> None:
    assert next(timetable_lines(expected(rig()))) == (
        "expected at dusk of 2026-11-28 (a guess by the filters' names until a first twilight):"
    )


def remember(settings: Settings, binning: int = 1) -> None:
    key = SettingKey(settings.rig.name, "CCD", None, binning, None, None, None, None)
    memory = SkyMemory({"L": 9.0, "Ha": 4.0}, 0.0, 0.1, 2, 0.02).stored()
    with History(settings.output.history) as history:
        history.remember_sky(key, memory, 65535.0, NOON)


def test_what_earlier_nights_taught_is_taken(rig) -> None:
    settings = rig(filters='["L", "Ha"]')
    before = expected(settings)
    remember(settings)
    after = expected(settings)
    assert next(timetable_lines(after)).endswith("(as 2 twilights taught):")
    assert [e.opens for e in after.planned] != [e.opens for e in before.planned]


def test_what_another_camera_setup_taught_is_not(rig) -> None:
    settings = rig()
    remember(settings, binning=2)
    assert expected(settings).nights == 0


def test_sets_of_another_level_follow_those_of_the_first(rig, tmp_path) -> None:
    settings = rig(filters='["L", "Ha"]')
    path = tmp_path / "rig.toml"
    path.write_text(path.read_text("utf-8") + "[filters.Ha]\ntarget = 0.3\n", encoding="utf-8")
    found = expected(load(path, env={}))
    light, narrow = found.planned
    assert (light.filter, narrow.filter) == ("L", "Ha")
    assert narrow.opens >= light.ends - timedelta(seconds=1)
    assert settings.flats.target == 0.51


class Noon:
    """A clock that stands at noon."""

    def now(self) -> datetime:
        return NOON


@pytest.fixture
def at_noon(monkeypatch):
    monkeypatch.setattr(wiring, "SystemClock", Noon)


@pytest.mark.usefixtures("at_noon")
def test_a_dry_run_ends_with_the_timetable_and_begins_no_history(rig) -> None:
    settings = rig()
    said = list(dry_run_lines(settings, plan_flats(settings)))
    assert said[-5].startswith("expected at dusk")
    assert said[-1].strip().startswith("L ")
    assert not any(line.startswith("time ") for line in said)
    assert not settings.output.history.exists()


@pytest.mark.usefixtures("at_noon")
def test_filters_that_only_the_wheel_knows_have_no_timetable(rig) -> None:
    settings = rig(filters="")
    assert "[sky] filters" in list(dry_run_lines(settings, plan_flats(settings)))[-1]


@pytest.mark.usefixtures("at_noon")
def test_a_polar_winter_has_no_timetable(rig) -> None:
    settings = rig(latitude_deg=85.0)
    last = list(dry_run_lines(settings, plan_flats(settings)))[-1]
    assert last == "the Sun does not come to where [sky] takes flats these days"
