"""Files of every format in the commands that read them: FITS, XISF, raw, and what is left out."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from dng_builder import sensor, write_dng
from light_builders import NINA, write_light
from xisf_builder import write_xisf, xisf_bytes

PIXELS = np.random.default_rng(17).integers(0, 65535, (21, 34), dtype=np.uint16)
SAID = {name: f"'{value}'" if isinstance(value, str) else value for name, value in NINA.items()}


@pytest.fixture
def folder(tmp_path) -> Path:
    made = tmp_path / "night"
    made.mkdir()
    return made


@pytest.fixture
def plan(command, folder, tmp_path):
    rig = tmp_path / "rig.toml"
    rig.write_text(
        f'[camera]\ndevice = "CCD"\n[panel]\nkind = "manual"\n'
        f'[output]\nhistory = "{tmp_path / "history.sqlite"}"\n'
    )
    return lambda: command("plan", rig, "--from-lights", folder)


@pytest.fixture
def without_rawpy(monkeypatch):
    monkeypatch.setitem(sys.modules, "rawpy", None)


def test_the_same_light_is_planned_alike_as_fits_and_as_xisf(plan, folder):
    write_light(folder / "a.fits", cols=34, rows=21)
    write_xisf(folder / "b.xisf", PIXELS, SAID, codec="lz4", shuffle=True)
    write_xisf(folder / "c.xisf", PIXELS, {**SAID, "IMAGETYP": "'Dark'"})
    shown = plan()
    assert "2 lights need 1 set of flats" in shown.stdout
    assert "ignored other frames: 1 dark" in shown.stderr


def test_raw_files_are_lights_unless_their_folder_says_otherwise(plan, folder):
    for number, iso in enumerate((800, 800, 1600)):
        write_dng(folder / "m31" / f"IMG_{number}.DNG", sensor(), iso=iso)
    write_dng(folder / "flats" / "IMG_9.dng", sensor())
    shown = plan()
    assert "3 lights need 2 sets of flats" in shown.stdout
    assert "ignored other frames: 1 flat" in shown.stderr
    rows = [row.split() for row in shown.stdout.splitlines() if "80 × 60" in row]
    assert {row[2] for row in rows} == {"800", "1600"}


def test_without_rawpy_one_line_says_how_many_raw_files_there_are_and_the_remedy(
    plan, folder, without_rawpy
):
    write_light(folder / "a.fits")
    for number in range(12):
        write_dng(folder / f"IMG_{number}.dng", sensor())
    said = [line for line in plan().stderr.splitlines() if "raw" in line]
    assert len(said) == 1
    assert "not read: 12 raw files" in said[0]
    assert "pip install rawpy" in said[0]


def test_a_folder_of_raw_files_alone_says_so_without_rawpy(plan, folder, without_rawpy):
    write_dng(folder / "IMG_1.dng", sensor())
    shown = plan()
    assert shown.code == 7
    assert "but 1 raw file (raw files are read with rawpy" in shown.stderr


def test_a_damaged_file_is_named_and_the_others_are_planned(plan, folder):
    write_xisf(folder / "a.xisf", PIXELS, SAID)
    (folder / "b.xisf").write_bytes(xisf_bytes(PIXELS, SAID)[:-9])
    (folder / "c.nef").write_bytes(b"nothing of a camera's")
    shown = plan()
    assert "1 light needs 1 set" in shown.stdout
    assert "b.xisf: it is truncated: its end is missing (9 bytes)" in shown.stderr
    assert "c.nef: it is damaged, or not a raw file" in shown.stderr


def test_verify_looks_at_every_format_and_calls_nothing_good_without_a_checksum(command, folder):
    write_xisf(folder / "a.xisf", PIXELS, checksum="sha-256", codec="zlib")
    write_xisf(folder / "b.xisf", PIXELS)
    write_dng(folder / "c.dng", sensor())
    said = command("verify", folder, "--each").stdout.splitlines()
    read = "no checksum: all of its pixels can be read, and no more is known"
    assert said == [
        f"ok       {folder}/a.xisf: good",
        f"unproven {folder}/b.xisf: {read}",
        f"unproven {folder}/c.dng: {read}",
        "3 files, 2 not proven by a checksum",
    ]


def test_verify_names_what_is_damaged(command, folder):
    content = bytearray(xisf_bytes(PIXELS, checksum="sha-1"))
    content[-9] ^= 1
    (folder / "a.xisf").write_bytes(content)
    (folder / "b.xisf").write_bytes(xisf_bytes(PIXELS)[:-9])
    write_dng(folder / "c.dng", sensor())
    (folder / "c.dng").write_bytes((folder / "c.dng").read_bytes()[:-900])
    ending = command("verify", folder)
    assert ending.code == 7
    assert ending.stdout.count("problem ") == 3
    assert "a.xisf: its pixels do not have their checksum" in ending.stdout


def test_verify_names_and_counts_what_it_does_not_look_at(command, folder, without_rawpy):
    write_light(folder / "a.fits")
    for number in range(3):
        write_dng(folder / f"IMG_{number}.dng", sensor())
    for name in ("x.jpg", "x.png", "x.ser"):
        (folder / name).write_bytes(b"")
    *_, left_out, counts = command("verify", folder).stdout.splitlines()
    assert left_out.startswith(f"left out {folder}: IMG_0.dng to IMG_2.dng: 3 files, raw files are")
    assert "pip install rawpy" in left_out
    assert counts.endswith("2 pictures, 1 video, 3 files left out not looked at")


def test_a_compression_that_is_not_read_is_left_out_and_not_called_damaged(command, folder):
    write_xisf(folder / "a.xisf", PIXELS, compression="zstd:1428")
    write_xisf(folder / "b.xisf", PIXELS)
    ending = command("verify", folder)
    assert ending.code == 0
    assert "left out" in ending.stdout
    assert "compressed by zstd" in ending.stdout


def test_stats_says_how_to_read_raw_files_without_rawpy(command, folder, without_rawpy):
    write_dng(folder / "a.dng", sensor())
    ending = command("stats", folder / "a.dng")
    assert (ending.code, "pip install rawpy" in ending.stderr) == (7, True)


def test_stats_measures_the_channels_of_a_raw_file(command, folder):
    pixels = sensor((4, 6, 58, 78))
    write_dng(folder / "IMG_12.dng", pixels, area=(4, 6, 58, 78))
    shown = json.loads(command("stats", folder / "IMG_12.dng", "--json").stdout)
    lit = pixels[4:58, 6:78]
    assert shown["adu"]["R"]["median"] == np.median(lit[::2, ::2])
    assert shown["adu"]["B"]["median"] == np.median(lit[1::2, 1::2])
    assert (shown["full_scale_adu"], shown["shape"]) == (15490, [54, 72])


def test_stats_names_a_damaged_file_and_measures_the_others(command, folder):
    files = [folder / name for name in ("a.xisf", "b.dng", "c.xisf", "d.dng")]
    for path in files[:3:2]:
        write_xisf(path, PIXELS, codec="lz4")
    for path in files[1::2]:
        write_dng(path, sensor())
    for path in files[:2]:
        path.write_bytes(path.read_bytes()[:-800])
    ending = command("stats", *files)
    assert ending.code == 7
    assert ending.stderr.count("flatctl: ") == 2
    assert "c.xisf" in ending.stdout
    assert "d.dng" in ending.stdout
