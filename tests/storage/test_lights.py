"""Light frames of every program, and whatever else lies beside them."""

import os

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from light_builders import (
    BLOCK,
    DSLR,
    EKOS,
    MAXIM,
    NINA,
    PROGRAMS,
    header,
    light_bytes,
    write_light,
)

from flatctl.core.nights.plan import LightFrame, Tolerances, wanted_sets
from flatctl.errors import StorageError
from flatctl.storage.light_header import IN_ELECTRONS, SPELLINGS
from flatctl.storage.lights import UNFILLED, read_folder, read_light


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


@pytest.mark.parametrize(
    ("facts", "bins"),
    [
        ({"BINNING": "2x2"}, 2),
        ({"BINNING": "2 X 2"}, 2),
        ({"BINNING": "3"}, 3),
        ({"BINNING": 4}, 4),
        ({"BINNING": "2.0"}, 2),
        ({"XBINNING": "2x2", "YBINNING": "2x2"}, 2),
        ({"CCDSUM": "2 2"}, 2),
        ({"CCDBIN1": 2, "CCDBIN2": 2}, 2),
        ({"DETXBIN": 2, "DETYBIN": 2}, 2),
        ({"XBINNING": "2", "YBINNING": "2"}, 2),
        ({"YBINNING": 2}, 2),
        ({"XBINNING": 0, "YBINNING": 0}, 1),
        ({}, 1),
    ],
)
def test_binning_is_read_in_each_spelling(tmp_path, facts, bins):
    assert light(tmp_path, {"IMAGETYP": "Light", **facts}).setup.binning == bins


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        ({"BINNING": "1x2"}, "1 × 2"),
        ({"BINNING": "2x1"}, "2 × 1"),
        ({"CCDSUM": "2 1"}, "2 × 1"),
        ({"XBINNING": "1x2"}, "1 × 2"),
        ({"CCDBIN1": 1, "CCDBIN2": 2}, "1 × 2"),
        ({"DETXBIN": 4, "DETYBIN": 2}, "4 × 2"),
    ],
)
def test_unlike_binnings_are_named_in_each_spelling(tmp_path, facts, shown):
    assert (
        shown
        in read_light(write_light(tmp_path / "a.fits", {"IMAGETYP": "Light", **facts})).problem
    )


def with_cards(tmp_path, *cards: str):
    """Write a light with cards as they stand."""
    made = header(*(c.encode().ljust(80)[:80] for c in (*STRUCTURE, *cards)))
    path = tmp_path / "LIGHT" / "a.fits"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(made + bytes(BLOCK))
    return read_light(path)


STRUCTURE = [
    "SIMPLE  =                    T",
    "BITPIX  =                   16",
    "NAXIS   =                    2",
    "NAXIS1  =                   30",
    "NAXIS2  =                   20",
]


@pytest.mark.parametrize(
    ("card", "gain"),
    [
        ("GAIN    =                  1.9 / e-/ADU", None),
        ("GAIN    =                  0.33 / [e-/ADU] gain", None),
        ("GAIN    =                 1500 / electrons per ADU, times 1000", None),
        ("GAIN    =                    2 / Gain (e/ADU)", None),
        ("GAIN    =                    2 / photoelectrons per data number", None),
        ("GAIN    =                    2 / (e-)/ADU", None),
        ("GAIN    =                 1500 / e-/1000 ADU", None),
        ("GAIN    =                    4 / ADU/e-", None),
        ("GAIN    =                    2 / Gain, made by hand", 2),
        ("GAIN    =                  1.9", None),
        ("GAIN    =                  1.9 / Gain in dB", 1.9),
        ("GAIN    =                 12.5 / Gain", 12.5),
        ("GAIN    =           1.000E+02 / Gain", 100),
        ("GAIN    =                    0 / Gain", 0),
        ("GAIN    = '100 dB  '", 100),
        ("GAIN    = 1,5 / decibels (dB)", 1.5),
    ],
)
def test_only_the_cameras_setting_is_a_gain(tmp_path, card, gain):
    reading = with_cards(tmp_path, card)
    assert reading.light.setup.gain == gain
    assert reading.notes == (() if gain is not None else (IN_ELECTRONS,))


@pytest.mark.parametrize(
    ("card", "celsius"),
    [
        ("SET-TEMP= -10,0", -10.0),
        ("SET-TEMP= '-10,5   '", -10.5),
        ("SET-TEMP= '-10 C   '", -10.0),
        ("SET-TEMP= '-10.0 °C'", -10.0),
        ("SET-TEMP=               263.15 / [K]", -10.0),
        ("SET-TEMP=               263.15", -10.0),
        ("SET-TEMP=                93.15 / Kelvin", -180.0),
        ("CCD_SET =                  -20 / RTS2", -20.0),
        ("SET-TEMP=                 -300", None),
        ("SET-TEMP=              -273.15", None),
        ("SET-TEMP=                 9999", None),
        ("SET-TEMP= nan", None),
    ],
)
def test_a_set_point_is_read_in_each_spelling(tmp_path, card, celsius):
    assert with_cards(tmp_path, card).light.setup.temperature_c == celsius


@pytest.mark.parametrize(
    ("cards", "filter_name"),
    [
        (["FILTER  = 'Hα'"], "Hα"),
        (["FILTER  = '红' / 滤镜"], "红"),
        (["FILTER  = '红' / " + "滤" * 30], "红"),
        (["FILTER  = Ha / no quotes"], "Ha"),
        (["FILTER  = 'H-alpha&'", "CONTINUE  ' 7 nm'"], "H-alpha 7 nm"),
        (["FILTER  = 'NoFilter'"], None),
        (["FILTER  = 'NO_FILTER'"], None),
        (["FILTER  = 'None    '"], None),
        (["FILTER  = 'N/A     '"], None),
        (["FILTER  = '-       '"], None),
        (["FILTER  = '        '"], None),
        (["FILTER  = 'Na      ' / sodium"], "Na"),
        (["FILTER  = 'Clear   '"], "Clear"),
        (["FILTER  = 'NO_FILTER'", "FILTER2 = 'B'"], "B"),
        (["FILTER1 = 'NO_FILTER'", "FILTER2 = 'V'"], "V"),
        (["FILTER1 = 'L'", "FILTER2 = 'ND3'"], "L + ND3"),
        (["FILTER  = 'L'", "FILTER1 = 'L'", "FILTER2 = 'none'"], "L"),
        (["FILTER  = 'None'", "INSFLNAM= 'Ha'"], "Ha"),
    ],
)
def test_the_filters_in_the_beam_are_read(tmp_path, cards, filter_name):
    assert with_cards(tmp_path, *cards).light.filter == filter_name


@pytest.mark.parametrize(
    ("card", "mode"),
    [
        ("CONVGAIN= 'Low'", "conversion_gain"),
        ("LOWNOISE= 'Low'", "low_noise"),
        ("FULLWELL= 'Low'", "full_well"),
        ("RDOUTM  = 'Low'", "readout_mode"),
    ],
)
def test_modes_are_read(tmp_path, card, mode):
    assert getattr(with_cards(tmp_path, card).light.setup, mode) == "Low"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("LIGHT/LIGHT_Dark_Doodad_60s.fits", "light"),
        ("Lights/Dark_Shark_001.fits", "light"),
        ("Lights/flat_iron_1.fits", "light"),
        ("Light frames/dark.fits", "light"),
        ("LIGHT/Dark_Doodad/a.fits", "light"),
        ("Dark_Doodad/LIGHT_001.fits", "light"),
        ("M31 lights/Dark_Shark_001.fits", "light"),
        ("Dark_Doodad_LIGHT_001.fits", "light"),
        ("darks/a_light_leak.fits", "dark"),
        ("lights/darks/a.fits", "dark"),
        ("x/dark_001.fits", "dark"),
        ("x/M31_flat_R.fits", "flat"),
    ],
)
def test_a_frame_that_says_no_kind_is_what_folders_say_and_then_names(tmp_path, name, meant):
    path = write_light(tmp_path / "Flats" / "night" / name, {"GAIN": 1})
    (reading,) = read_folder(tmp_path / "Flats" / "night")
    assert (path, reading.kind) == (reading.path, meant)


NAMES = sorted({name for names in SPELLINGS.values() for name in names} | {"BINNING", "FILTER2"})
values = st.one_of(
    st.text(max_size=60),
    st.floats().map(repr),
    st.integers().map(str),
    st.sampled_from(["'9e999'", "1e999", "'" + "9" * 60 + "'", "-0", "'−10 K'", "T", "/"]),
)


@given(st.dictionaries(st.sampled_from(NAMES), values, max_size=8), st.booleans())
@example({"ISO": "'9e999'"}, False)
@example(
    {"FOCPOS": "'9e999'", "ROTATOR": "'-9e999'", "GAIN": "'9e999'", "OFFSET": "'9e999'"}, False
)
@example({"BINNING": "'" + "9" * 60 + "'"}, False)
def test_whatever_cards_say_is_read_or_told(tmp_path_factory, cards, measured):
    folder = tmp_path_factory.mktemp("any")
    path = folder / "LIGHT.fits"
    images = [f"{name:8}= {value}".encode()[:80].ljust(80) for name, value in cards.items()]
    path.write_bytes(header(*(c.encode().ljust(80) for c in STRUCTURE), *images) + bytes(BLOCK))
    reading = read_light(path, below=folder, measured_temperature=measured)
    assert reading.light or reading.problem or reading.kind
    if reading.light:
        wanted_sets([reading.light], Tolerances())


def test_a_file_that_ends_with_its_last_pixel_is_a_light_with_a_note(tmp_path):
    path = write_light(tmp_path / "a.fits")
    path.write_bytes(path.read_bytes()[: -(-(2 * 62 * 41) % BLOCK)])
    assert read_light(path).notes == (UNFILLED,)


@pytest.mark.parametrize(
    ("name", "foreign"),
    [("a.ser", "video"), ("a.TIF", "picture"), ("a.jpg", "picture"), ("a.fits.bz2", "archive")],
)
def test_files_of_other_formats_are_named_by_their_kind(tmp_path, name, foreign):
    (tmp_path / name).write_bytes(b"whatever")
    assert read_light(tmp_path / name).foreign == foreign
