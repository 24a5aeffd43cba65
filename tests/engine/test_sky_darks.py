"""Dark flats for flats of the sky, whose exposures are all different."""

import numpy as np
import pytest
from astropy.io import fits
from twilight_bench import Twilight

from flatctl import events
from flatctl.app.master import master
from flatctl.errors import ExitCode

FILTERS = ("L", "Ha")


def with_darks(folder, *, dark_e_s: float = 0.0, **other) -> Twilight:
    """Take a dusk behind a panel with a cover, and two dark flats of each exposure."""
    job = {"dark_flats": 2, **other.pop("job", {})}
    return Twilight(
        folder, filters=FILTERS, count=7, panel=True, job=job, dark_e_s_at_0c=dark_e_s, **other
    )


def darks(twilight: Twilight) -> list[fits.Header]:
    return [fits.getheader(path) for path in twilight.frames if path.name.startswith("DARKFLAT_")]


def flats(twilight: Twilight) -> list[fits.Header]:
    return [fits.getheader(path) for path in twilight.frames if path.name.startswith("FLAT_")]


@pytest.fixture(scope="module")
def warm(tmp_path_factory) -> Twilight:
    """A sensor with so much dark current that it counts."""
    twilight = with_darks(tmp_path_factory.mktemp("warm"), dark_e_s=0.3)
    assert twilight.run() == ExitCode.COMPLETE
    return twilight


def test_dark_flats_are_taken_at_few_rungs_that_cover_the_flats(warm) -> None:
    taken = sorted({header["REQTIME"] for header in darks(warm)})
    used = [header["REQTIME"] for header in flats(warm)]
    assert len(taken) < len(set(used))
    assert taken[0] <= min(used)
    assert taken[-1] >= max(used)


def test_each_rung_has_its_number_of_dark_flats(warm) -> None:
    times = [header["REQTIME"] for header in darks(warm)]
    assert {times.count(each) for each in times} == {2}


def test_the_headers_say_which_rung_and_by_how_much(warm) -> None:
    taken = {header["REQTIME"] for header in darks(warm)}
    assert {header["DARKUSE"] for header in darks(warm)} == {"RUNG"}
    for header in flats(warm):
        assert header["DARKRUNG"] in taken
        assert header["DARKSCAL"] == pytest.approx(header["REQTIME"] / header["DARKRUNG"])
        assert 0.8 < header["DARKSCAL"] < 1.25


def test_a_master_takes_from_each_flat_what_its_exposure_has(warm) -> None:
    listing = master(warm.folder)
    made = [each for each in listing.masters if each.subtracted]
    assert len(made) == len(FILTERS)
    assert any("shares" in each.subtracted for each in made)
    for each in made:
        header = fits.getheader(each.path)
        assert header["FLATSUB"] == "DARKFLAT"
        rise = np.polyfit(*np.transpose([(h["REQTIME"], h["FLATMED"]) for h in darks(warm)]), 1)
        used = [h["REQTIME"] for h in flats(warm) if h["FILTER"] == header["FILTER"]]
        assert header["FLATPED"] == pytest.approx(np.polyval(rise, np.mean(used)), abs=3)


def test_without_dark_current_one_short_set_serves_all(tmp_path) -> None:
    twilight = with_darks(tmp_path)
    assert twilight.run() == ExitCode.COMPLETE
    assert [header["DARKUSE"] for header in darks(twilight)] == ["BIAS", "BIAS"]
    made = [each for each in master(twilight.folder).masters if each.subtracted]
    assert {fits.getheader(each.path)["FLATSUB"] for each in made} == {"BIAS"}


def test_where_the_sky_reaches_the_sensor_there_are_none_and_that_is_said(tmp_path) -> None:
    twilight = Twilight(tmp_path, filters=("Ha",), count=2, job={"dark_flats": 2})
    assert twilight.run() == ExitCode.COMPLETE
    assert darks(twilight) == []
    assert len(flats(twilight)) == 2
    (fault,) = twilight.all(events.FaultSeen)
    assert fault.recovered
    assert "dark flats" in fault.what


def test_dark_flats_can_be_taken_alone_later(tmp_path) -> None:
    with_darks(tmp_path, dark_e_s=0.3, job={"dark_flats": 0}).run()
    later = with_darks(tmp_path, dark_e_s=0.3, starts_deg=-11.0, job={"only_darks": True})
    assert later.run() == ExitCode.COMPLETE
    assert later.all(events.Flat) == []
    assert {header["DARKUSE"] for header in darks(later)} == {"RUNG"}


def test_flats_of_a_run_without_dark_flats_name_no_rung(tmp_path) -> None:
    twilight = Twilight(tmp_path, filters=("L",), count=2)
    twilight.run()
    assert "DARKRUNG" not in flats(twilight)[0]
