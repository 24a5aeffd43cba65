"""By WBPP's rules our frames go with the right lights, and dark flats with the right flats."""

import pytest
from wbpp import by_header, by_path, darks_for, flats_for

from flatctl.storage.filters import filter_token


@pytest.fixture(scope="module")
def known(night, tmp_path_factory):
    """All files of the night and of its lights, by what WBPP reads of them."""
    folder = tmp_path_factory.mktemp("lights") / "LIGHT"
    for nth, name in enumerate(("L", "Ha", "R")):
        night.write_light(folder / f"m31_{name}.fits", 4000.0, name, seed=nth)
    return {path: by_header(path) for path in [*night.frames(), *folder.iterdir()]}


def of(known, kind: str) -> list:
    return [path for path, one in known.items() if one.type == kind]


def test_every_frame_is_taken_for_what_it_is(night, known):
    assert of(known, "Flat") == night.frames("FLAT")
    assert of(known, "Dark") == night.frames("DARKFLAT")
    assert len(of(known, "Light")) == 3
    assert not any(one.master for one in known.values())


@pytest.mark.parametrize("name", ["L", "Ha"])
def test_lights_get_the_flats_of_their_filter_and_no_others(night, known, name):
    (light,) = (known[path] for path in of(known, "Light") if known[path].filter == name)
    expected = {path for path in night.frames("FLAT") if f"FILTER-{name}_" in path.name}
    assert flats_for(light, known) == expected
    assert len(expected) == 10


def test_lights_of_a_filter_without_flats_get_none(known):
    (light,) = (known[path] for path in of(known, "Light") if known[path].filter == "R")
    assert flats_for(light, known) == set()


def test_flats_get_the_dark_flats_of_their_exposure(night, known):
    served = [darks_for(known[path], known) for path in night.frames("FLAT")]
    assert {len(darks) for darks in served} == {5}
    assert set().union(*served) == set(night.frames("DARKFLAT"))


def test_the_name_alone_says_what_the_header_says(night, known):
    for path in night.frames("FLAT"):
        named, told = by_path(f"/{path.name}"), known[path]
        assert (named.type, named.filter, named.binning) == ("Flat", told.filter, told.binning)
        assert named.exposure_s == pytest.approx(told.exposure_s, abs=0.001)
        assert not named.master


def test_no_dark_flat_is_taken_for_a_flat_by_its_name(night):
    assert {by_path(f"/{path.name}").type for path in night.frames("DARKFLAT")} == {"Unknown"}


def test_a_filter_of_any_name_is_read_whole_from_the_file_name():
    for name in ("H alpha 7nm", "O-III", "L_pro", "Hα"):
        token = filter_token(name)
        assert by_path(f"/FLAT_FILTER-{token}_EXPTIME-1.000s_BINNING-1.fits").filter == token


def test_masters_are_taken_for_masters_of_their_kind(masters):
    types = [(known.type, known.master) for known in map(by_header, masters)]
    assert types == [("Dark", True), ("Dark", True), ("Flat", True), ("Flat", True)]
