"""Files looked at again: what is wrong with them is found, and nothing in them is fatal."""

import gzip
import os
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from storage_builders import (
    NIGHT,
    dark_record,
    driver_header,
    flat_pixels,
    flat_record,
    store,
)

from flatctl.errors import StorageError
from flatctl.fits.encoding import encode_frame
from flatctl.fits.header import Header
from flatctl.storage.headers import frame_header
from flatctl.storage.units import NO_SUM
from flatctl.storage.verify import read_values, verify_directory, verify_file
from flatctl.storage.writer import write_frame


@pytest.fixture
def flats(tmp_path: Path) -> Path:
    folder = tmp_path / "flats"
    folder.mkdir()
    return folder


def problems_of(path: Path) -> str:
    return "; ".join(verify_file(path).problems)


def change_card(path: Path, keyword: str, value: object) -> None:
    """Change a card as another program would that keeps the checksums right."""
    with fits.open(path, mode="update", checksum=True) as hdus:
        if value is None:
            del hdus[0].header[keyword]
        else:
            hdus[0].header[keyword] = value
        hdus[0].add_checksum()


def test_a_flat_as_it_was_written_has_no_problems(flats: Path) -> None:
    verdict = verify_file(store(flats, header=driver_header("TELESCOP= 'Refractor'")))
    assert (verdict.problems, verdict.ours) == ((), True)


def test_a_dark_flat_as_it_was_written_has_no_problems(flats: Path) -> None:
    pixels = flat_pixels(level=500)
    path = write_frame(flats, NIGHT, pixels, Header(), dark_record(pixels))
    assert problems_of(path) == ""


def test_the_pixels_are_measured_again(flats: Path) -> None:
    statistics = verify_file(store(flats)).statistics
    assert statistics is not None
    assert statistics.median == np.median(flat_pixels())


def test_one_changed_bit_of_the_data_is_found(flats: Path) -> None:
    path = store(flats)
    content = bytearray(path.read_bytes())
    content[-2000] ^= 1
    path.write_bytes(content)
    assert "DATASUM" in problems_of(path)


def test_an_array_of_another_type_under_our_name_is_found(flats: Path) -> None:
    path = store(flats)
    change_card(path, "BSCALE", 2)
    assert "not 16-bit unsigned" in problems_of(path)


def test_a_changed_card_is_found(flats: Path) -> None:
    path = store(flats)
    path.write_bytes(path.read_bytes().replace(b"'Ha      '", b"'OIII    '"))
    assert "CHECKSUM" in problems_of(path)


def test_an_empty_file_is_found(flats: Path) -> None:
    (flats / "empty.fits").write_bytes(b"")
    assert problems_of(flats / "empty.fits") == "it is empty"


@pytest.mark.parametrize("keep", [1, 100, 2880, 5760, -1, -2880])
def test_a_truncated_file_is_found(flats: Path, keep: int) -> None:
    path = store(flats)
    path.write_bytes(path.read_bytes()[:keep])
    assert "truncated" in problems_of(path) or "not a FITS file" in problems_of(path)


def test_bytes_behind_the_data_are_found(flats: Path) -> None:
    path = store(flats)
    path.write_bytes(path.read_bytes() + bytes(2880))
    assert "2880 bytes follow the data" in problems_of(path)


def test_a_level_outside_the_tolerance_is_found(flats: Path) -> None:
    path = store(flats, flat_pixels(level=37000))
    assert "lies outside 33000.0 ± 3277.0 ADU" in problems_of(path)


def test_clipped_pixels_are_found(flats: Path) -> None:
    pixels = flat_pixels()
    pixels[0] = 65535
    assert "clipped" in problems_of(store(flats, pixels))


def test_clipping_begins_at_the_camera_s_own_full_scale(flats: Path) -> None:
    path = store(flats, full_scale_adu=33000)
    assert "clipped" in problems_of(path)


def test_a_median_that_is_not_the_stated_one_is_found(flats: Path) -> None:
    path = store(flats)
    change_card(path, "FLATMED", 1.0)
    assert "FLATMED 1.0" in problems_of(path)


@pytest.mark.parametrize("keyword", ["EXPTIME", "FLATTGT", "FLATNUM", "CHECKSUM", "DATE-OBS"])
def test_a_missing_card_is_found(flats: Path, keyword: str) -> None:
    path = store(flats)
    content = path.read_bytes()
    path.write_bytes(content.replace(f"{keyword:8}=".encode(), b"GONE    =", 1))
    assert f"its {keyword} is missing" in problems_of(path)


@pytest.mark.parametrize(
    ("keyword", "value"), [("EXPTIME", "long"), ("FLATNUM", 1.5), ("FLATRIG", 3)]
)
def test_a_card_of_the_wrong_type_is_found(flats: Path, keyword: str, value: object) -> None:
    path = store(flats)
    change_card(path, keyword, value)
    assert f"its {keyword} is missing or of the wrong type" in problems_of(path)


def test_an_unknown_type_of_frame_is_found(flats: Path) -> None:
    path = store(flats)
    change_card(path, "IMAGETYP", "Twilight Flat")
    assert "IMAGETYP is 'Twilight Flat'" in problems_of(path)


def test_an_exposure_of_nothing_is_found(flats: Path) -> None:
    path = store(flats)
    change_card(path, "EXPTIME", 0.0)
    assert "its EXPTIME is 0.0" in problems_of(path)


def packed(path: Path, **how: object) -> Path:
    """Return a file packed as fpack or a camera program does."""
    there = path.with_name(path.name + ".fz")
    with fits.open(path, disable_image_compression=True) as units:
        image = fits.CompImageHDU(units[0].data, units[0].header, **how)
        image.writeto(there, checksum=True)
    return there


def test_a_packed_flat_of_ours_is_sound_and_ours(flats: Path) -> None:
    verdict = verify_file(packed(store(flats)))
    assert (verdict.problems, verdict.unproven, verdict.ours) == ((), (), True)
    assert verdict.statistics.median == verify_file(store(flats)).statistics.median


def test_a_packed_flat_outside_its_band_is_found(flats: Path) -> None:
    path = store(flats)
    change_card(path, "FLATTGT", 50000.0)
    assert "lies outside" in problems_of(packed(path))


def test_a_gzipped_flat_of_ours_is_sound(flats: Path) -> None:
    path = store(flats)
    there = path.with_name(path.name + ".gz")
    there.write_bytes(gzip.compress(path.read_bytes()))
    verdict = verify_file(there)
    assert (verdict.problems, verdict.ours) == ((), True)


def test_a_gzip_cut_short_is_found(flats: Path) -> None:
    path = store(flats)
    there = path.with_name(path.name + ".gz")
    there.write_bytes(gzip.compress(path.read_bytes())[:-100])
    assert "unpacked" in problems_of(there)


def test_a_file_without_checksums_is_said_to_have_none(flats: Path) -> None:
    path = flats / "a.fits"
    fits.PrimaryHDU(flat_pixels(level=500)).writeto(path)
    verdict = verify_file(path)
    assert (verdict.problems, verdict.unproven) == ((), (NO_SUM,))


def test_what_follows_the_last_unit_is_named(flats: Path) -> None:
    path = flats / "a.fits"
    fits.PrimaryHDU(flat_pixels(level=500)).writeto(path, checksum=True)
    path.write_bytes(path.read_bytes() + b"more" * 720)
    assert verify_file(path).unproven == ("2880 bytes that are no FITS follow it",)


SHAPES = ("plain", "extension", "packed", "two")


def a_file(path: Path, shape: str) -> Path:
    pixels = np.random.default_rng(3).integers(0, 60000, (20, 30), dtype=np.uint16)
    units: list[object] = [fits.PrimaryHDU(pixels if shape == "plain" else None)]
    if shape in ("extension", "two"):
        units.append(fits.ImageHDU(pixels))
    if shape == "packed":
        units.append(fits.CompImageHDU(pixels))
    if shape == "two":
        units.append(fits.BinTableHDU.from_columns([fits.Column("x", "J", array=[1, 2, 3])]))
    fits.HDUList(units).writeto(path, checksum=True)
    return path


@pytest.fixture(scope="module", params=SHAPES)
def whole(request, tmp_path_factory) -> bytes:
    path = a_file(tmp_path_factory.mktemp("whole") / "a.fits", request.param)
    assert verify_file(path).problems == verify_file(path).unproven == ()
    return path.read_bytes()


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(0, 1, exclude_max=True), st.integers(1, 255))
def test_one_damaged_byte_anywhere_is_found_or_named(whole, tmp_path, place, change) -> None:
    content = bytearray(whole)
    content[int(place * len(content))] ^= change
    path = tmp_path / "a.fits"
    path.write_bytes(content)
    verdict = verify_file(path)
    assert verdict.problems or verdict.unproven


def test_other_programs_frames_are_held_to_fits_only(flats: Path) -> None:
    fits.PrimaryHDU(np.zeros((4, 5), np.float32)).writeto(flats / "light.fits")
    verdict = verify_file(flats / "light.fits")
    assert (verdict.ours, verdict.problems, verdict.statistics) == (False, (), None)


def test_other_programs_frames_are_held_to_their_checksums(flats: Path) -> None:
    path = flats / "light.fits"
    fits.PrimaryHDU(flat_pixels()).writeto(path, checksum=True)
    assert problems_of(path) == ""
    content = bytearray(path.read_bytes())
    content[2900] ^= 1
    path.write_bytes(content)
    assert "DATASUM" in problems_of(path)


def test_a_frame_of_another_program_is_measured_where_it_has_16_bits(flats: Path) -> None:
    fits.PrimaryHDU(flat_pixels()).writeto(flats / "light.fits")
    statistics = verify_file(flats / "light.fits").statistics
    assert statistics is not None
    assert statistics.median == np.median(flat_pixels())


def test_a_file_without_data_is_sound(flats: Path) -> None:
    fits.PrimaryHDU().writeto(flats / "empty.fits")
    assert problems_of(flats / "empty.fits") == ""


@pytest.mark.parametrize(
    ("card", "value"),
    [("BITPIX", "15"), ("NAXIS", "-1"), ("NAXIS1", "-5"), ("NAXIS2", "'x'"), ("BITPIX", "T")],
)
def test_a_senseless_structure_is_found(flats: Path, card: str, value: str) -> None:
    path = store(flats)
    content = path.read_bytes()
    start = content.index(f"{card:8}=".encode())
    broken = f"{card:8}= {value:>20}".ljust(80).encode()
    path.write_bytes(content[:start] + broken + content[start + 80 :])
    assert f"its {card} is" in problems_of(path)


def test_a_giant_that_is_only_claimed_is_found_at_once(flats: Path) -> None:
    path = store(flats)
    content = path.read_bytes()
    start = content.index(b"NAXIS2  =")
    giant = b"NAXIS2  =           2147483647".ljust(80)
    path.write_bytes(content[:start] + giant + content[start + 80 :])
    assert "truncated" in problems_of(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(st.data())
def test_no_content_is_fatal(flats: Path, data: st.DataObject) -> None:
    path = flats / "any.fits"
    header = frame_header(flat_record(), Header(), flat_pixels().shape)
    sound = b"".join(bytes(part) for part in encode_frame(flat_pixels(), header))
    at = data.draw(st.integers(0, len(sound) - 1))
    path.write_bytes(sound[:at] + data.draw(st.binary(max_size=300)) + sound[at:])
    verify_file(path)


def test_a_file_that_is_gone_is_a_problem_of_that_file(flats: Path) -> None:
    assert "No such file" in problems_of(flats / "gone.fits")


def test_every_fits_file_below_a_directory_is_looked_at(flats: Path) -> None:
    first = store(flats, flat_pixels(seed=1), number=1)
    second = store(flats, flat_pixels(seed=2), number=2)
    (flats / "run.json").write_text("{}")
    (flats / "note.FIT").write_text("no frame")
    found = {verdict.path: bool(verdict.problems) for verdict in verify_directory(flats)}
    assert found == {first: False, second: False, flats / "note.FIT": True}


def test_the_same_picture_under_another_number_is_no_flat_of_its_own(flats: Path) -> None:
    pixels = flat_pixels(seed=1)
    first = store(flats, pixels, number=1, filter="L")
    second = store(flats, pixels, number=2, filter="R")
    found = {verdict.path: verdict.problems for verdict in verify_directory(flats)}
    assert [len(found[first]), len(found[second])] == [0, 1]
    assert f"the same picture as {first}" in found[second][0]


def test_what_is_no_file_is_named_and_never_waited_for(flats: Path) -> None:
    os.mkfifo(flats / "pipe.fits")
    (flats / "device.fits").symlink_to("/dev/zero")
    (flats / "folder.fits").mkdir()
    (flats / "loop.fits").symlink_to(flats / "loop.fits")
    found = {verdict.path.name: verdict for verdict in verify_directory(flats)}
    assert sorted(found) == ["device.fits", "loop.fits", "pipe.fits"]
    assert "not a file" in found["pipe.fits"].left_out
    assert "not a file" in found["device.fits"].left_out
    assert "it can't be read" in found["loop.fits"].problems[0]


def test_a_giant_is_left_out_at_once(flats: Path) -> None:
    path = flats / "giant.fits"
    cards = (("SIMPLE", "T"), ("BITPIX", 16), ("NAXIS", 2), ("NAXIS1", 60000), ("NAXIS2", 60000))
    header = b"".join(f"{name:8}= {value!s:>20}".ljust(80).encode() for name, value in cards)
    path.write_bytes((header + b"END".ljust(80)).ljust(2880))
    os.truncate(path, 2880 + 2 * 60000 * 60000)
    assert "more than 4.3 GB" in verify_file(path).left_out


def test_a_frame_and_its_packed_copy_are_no_two_flats_and_no_fault(flats: Path) -> None:
    packed(store(flats))
    assert [verdict.problems for verdict in verify_directory(flats)] == [(), ()]


def test_a_packed_flat_of_ours_without_sums_does_not_count(flats: Path) -> None:
    path = store(flats)
    there = path.with_name(path.name + ".fz")
    with fits.open(path, disable_image_compression=True) as units:
        header = units[0].header.copy()
        # Left out by newer astropy, carried over by older ones.
        for name in ("CHECKSUM", "DATASUM"):
            header.pop(name)
        fits.CompImageHDU(units[0].data, header).writeto(there)
    assert "its CHECKSUM is missing" in problems_of(there)


def test_a_link_to_a_folder_above_is_not_followed(flats: Path) -> None:
    night = flats / "night"
    night.mkdir()
    store(night)
    store(flats)
    (night / "up").symlink_to(flats)
    found = {verdict.path.name: verdict.problems for verdict in verify_directory(night)}
    assert found["up"] == ("it is a link to a folder above: left out",)
    assert len(found) == 2


def test_a_directory_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="gone"):
        list(verify_directory(tmp_path / "gone"))


def test_the_values_of_a_file_without_a_header_are_an_error(flats: Path) -> None:
    (flats / "x.fits").write_text("text")
    with pytest.raises(StorageError, match="not a FITS file"):
        read_values(flats / "x.fits")
