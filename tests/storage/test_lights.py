"""Light frames of every program, and whatever else lies beside them."""

import os

import pytest
from light_builders import DSLR, EKOS, MAXIM, NINA, PROGRAMS, light_bytes, write_light

from flatctl.core.nights.plan import LightFrame
from flatctl.errors import StorageError
from flatctl.storage.lights import read_folder, read_light


def light(tmp_path, facts, **options) -> LightFrame:
    reading = read_light(write_light(tmp_path / "a.fits", facts), **options)
    assert reading.light is not None, reading.problem
    return reading.light


def kind(tmp_path, said: str, name: str = "a.fits") -> str:
    return read_light(write_light(tmp_path / name, NINA | {"IMAGETYP": said})).kind


@pytest.mark.parametrize("program", PROGRAMS)
def test_filter_and_binning_of_every_program_are_read(tmp_path, program):
    found = light(tmp_path, PROGRAMS[program])
    assert (found.filter, found.setup.binning, found.size_px) == ("Ha", 1, (62, 41))


@pytest.mark.parametrize("program", [name for name in PROGRAMS if name != "maxim"])
def test_gain_and_offset_of_every_program_are_read(tmp_path, program):
    setup = light(tmp_path, PROGRAMS[program]).setup
    assert (setup.gain, setup.offset or 30) == (100, 30)


@pytest.mark.parametrize("program", [name for name in PROGRAMS if name != "ekos"])
def test_the_set_point_of_every_program_is_read(tmp_path, program):
    assert light(tmp_path, PROGRAMS[program]).setup.temperature_c == -10.0


@pytest.mark.parametrize("program", ["nina", "ekos", "ccdciel", "sgp", "maxim"])
def test_the_rotators_angle_is_read(tmp_path, program):
    assert light(tmp_path, PROGRAMS[program]).rotator_deg == 37.5


@pytest.mark.parametrize("program", ["nina", "ekos", "ccdciel", "sgp", "maxim", "asiair"])
def test_the_focusers_position_is_read(tmp_path, program):
    assert light(tmp_path, PROGRAMS[program]).focuser_steps == 5210


def test_electrons_per_adu_are_no_gain_setting(tmp_path):
    assert light(tmp_path, MAXIM).setup.gain is None


def test_a_measured_temperature_counts_only_where_it_is_asked_for(tmp_path):
    assert light(tmp_path, EKOS).setup.temperature_c is None


def test_a_measured_temperature_is_taken_for_the_set_point_near_it(tmp_path):
    assert light(tmp_path, EKOS, measured_temperature=True).setup.temperature_c == -10.0


def test_the_iso_of_a_dslr_is_read(tmp_path):
    assert light(tmp_path, DSLR).setup.iso == 1600


def test_binning_in_words_is_read(tmp_path):
    assert light(tmp_path, {"IMAGETYP": "Light", "BINNING": "2*2"}).setup.binning == 2


def test_a_rotator_named_instead_of_measured_says_no_angle(tmp_path):
    facts = NINA | {"ROTATOR": "Falcon"}
    del facts["ROTATANG"]
    assert light(tmp_path, facts).rotator_deg is None


def test_an_unknown_gain_is_not_minus_one(tmp_path):
    assert light(tmp_path, NINA | {"GAIN": -1}).setup.gain is None


def test_a_blank_filter_is_none(tmp_path):
    assert light(tmp_path, NINA | {"FILTER": " "}).filter is None


def test_a_filter_can_not_smuggle_a_line_break_in(tmp_path):
    assert light(tmp_path, NINA | {"FILTER": "H\na"}).filter == "Ha"


@pytest.mark.parametrize(
    "said",
    ["LIGHT", "Light", "Light Frame", "LIGHTFRAME", "light frame", "Object", "SNAPSHOT"],
)
def test_every_word_for_a_light_is_known(tmp_path, said):
    assert kind(tmp_path, said) == "light"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("FLAT", "flat"), ("Flat Field", "flat"), ("Dark Frame", "dark"), ("DARKFLAT", "flat"),
        ("Bias", "bias"), ("Master Light", "master"), ("Focus", "Focus"),
    ],
)  # fmt: skip
def test_other_frames_are_no_lights(tmp_path, said, meant):
    assert kind(tmp_path, said) == meant


def test_a_frame_that_does_not_say_its_kind_is_what_its_folder_says(tmp_path):
    assert read_light(write_light(tmp_path / "LIGHT" / "a.fits", {"GAIN": 1})).kind == "light"
    assert read_light(write_light(tmp_path / "Flats" / "a.fits", {"GAIN": 1})).kind == "flat"


def test_a_stack_is_no_light(tmp_path):
    reading = read_light(write_light(tmp_path / "a.fits", NINA | {"STACKCNT": 187}))
    assert "stack" in reading.problem


def test_unlike_binnings_are_named(tmp_path):
    reading = read_light(write_light(tmp_path / "a.fits", NINA | {"YBINNING": 2}))
    assert "1 × 2" in reading.problem


def test_a_folder_of_everything_is_read_to_its_end(tmp_path):
    write_light(tmp_path / "M31" / "LIGHT" / "a.fits")
    write_light(tmp_path / "b.FIT", NINA | {"IMAGETYP": "DARK"})
    (tmp_path / "cut.fits").write_bytes(light_bytes()[:5000])
    (tmp_path / "empty.fits").touch()
    (tmp_path / "notes.txt").write_text("clear sky")
    (tmp_path / "gone.fits").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe.fits")
    found = {r.path.name: (r.kind, r.problem != "") for r in read_folder(tmp_path)}
    assert found == {
        "a.fits": ("light", False),
        "b.FIT": ("dark", False),
        "cut.fits": ("", True),
        "empty.fits": ("", True),
        "gone.fits": ("", True),
        "notes.txt": ("", True),
        "pipe.fits": ("", True),
    }


def test_a_linked_folder_is_read_and_one_that_leads_back_only_once(tmp_path):
    write_light(tmp_path / "elsewhere" / "a.fits")
    (tmp_path / "lights").mkdir()
    (tmp_path / "lights" / "M31").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "back").symlink_to(tmp_path / "lights")
    assert [r.path.name for r in read_folder(tmp_path / "lights")] == ["a.fits"]


def test_progress_is_told_to_the_end(tmp_path):
    for name in "abc":
        write_light(tmp_path / f"{name}.fits")
    told: list[tuple[int, int]] = []
    list(read_folder(tmp_path, progress=lambda *step: told.append(step)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(StorageError, match="gone"):
        list(read_folder(tmp_path / "gone"))


def test_a_file_instead_of_a_folder_is_an_error(tmp_path):
    with pytest.raises(StorageError, match=r"a\.fits"):
        list(read_folder(write_light(tmp_path / "a.fits")))
