"""Frames on disk, read again by astropy, which shares no code with the writer."""

import io
import os
import subprocess
import sys
import textwrap
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from storage_builders import NIGHT, dark_record, driver_header, flat_pixels, flat_record, store

from flatctl.errors import StorageError
from flatctl.fits.encoding import encode_frame
from flatctl.fits.header import Header
from flatctl.storage.directory import ensure_writable, prepare_directory
from flatctl.storage.headers import frame_header
from flatctl.storage.writer import write_frame

BLOCK = 2880


def read_strictly(path: Path | io.BytesIO) -> np.ndarray:
    """Read with both checksums; a wrong one is a warning, which fails the test."""
    with fits.open(path, checksum=True) as hdus:
        hdus.verify("exception")
        assert hdus[0].header["CHECKSUM"]
        return np.array(hdus[0].data)


def files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def flats(tmp_path: Path) -> Path:
    folder = tmp_path / "flats"
    folder.mkdir()
    return folder


def test_a_flat_lies_where_it_was_promised(flats: Path) -> None:
    assert store(flats).relative_to(flats) == Path(
        "2026-11-22/FLAT/"
        "FLAT_FILTER-Ha_EXPTIME-1.234s_GAIN-100_BINNING-1_20261122T171530123Z_0007.fits"
    )


def test_a_dark_flat_lies_apart(flats: Path) -> None:
    path = write_frame(flats, NIGHT, flat_pixels(), Header(), dark_record())
    assert path.parent == flats / "2026-11-22" / "DARKFLAT"


@given(
    hnp.arrays(
        np.uint16,
        hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=60),
        elements=st.integers(0, 65535),
    )
)
def test_pixels_come_back_as_they_were(pixels: np.ndarray) -> None:
    header = frame_header(flat_record(pixels), Header(), pixels.shape)
    content = b"".join(bytes(part) for part in encode_frame(pixels, header))
    assert np.array_equal(read_strictly(io.BytesIO(content)), pixels)


@given(
    hnp.arrays(
        np.uint16,
        hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=60),
        elements=st.integers(0, 65535),
    )
)
def test_pixels_as_a_driver_stored_them_make_the_same_file(pixels: np.ndarray) -> None:
    stored = (pixels.astype(np.int32) - 32768).astype(">i2")
    header = frame_header(flat_record(pixels), Header(), pixels.shape)
    files = [b"".join(map(bytes, encode_frame(form, header))) for form in (pixels, stored)]
    assert files[0] == files[1]


def test_pixels_as_a_driver_stored_them_are_written_without_a_copy() -> None:
    stored = np.zeros((20, 30), ">i2")
    parts = encode_frame(stored, frame_header(flat_record(), Header(), stored.shape))
    assert any(np.shares_memory(stored, np.frombuffer(part, np.uint8)) for part in parts)


@pytest.mark.parametrize("shape", [(1, 1440), (2, 720), (1, 1441), (1439, 1)])
def test_data_fill_whole_blocks(flats: Path, shape: tuple[int, int]) -> None:
    path = store(flats, flat_pixels(*shape))
    assert path.stat().st_size % BLOCK == 0
    assert read_strictly(path).shape == shape


@pytest.mark.parametrize("view", ["[::2, ::-1]", ".T", ".astype('>u2')"])
def test_the_layout_in_memory_does_not_matter(flats: Path, view: str) -> None:
    pixels = eval(f"pixels{view}", {"pixels": flat_pixels()})
    assert np.array_equal(read_strictly(store(flats, pixels)), pixels)


def test_the_frame_in_memory_is_left_as_it_was(flats: Path) -> None:
    pixels = flat_pixels()
    store(flats, pixels)
    assert np.array_equal(pixels, flat_pixels())


def test_a_frame_that_can_not_be_written_to_is_stored_as_well(flats: Path) -> None:
    pixels = flat_pixels()
    pixels.flags.writeable = False
    assert np.array_equal(read_strictly(store(flats, pixels)), pixels)


def test_a_driver_s_header_travels_with_the_frame(flats: Path) -> None:
    path = store(flats, header=driver_header("TELESCOP= 'Refractor'"))
    assert fits.getheader(path)["TELESCOP"] == "Refractor"


def test_nothing_is_ever_overwritten(flats: Path) -> None:
    first, second = store(flats), store(flats, flat_pixels(seed=2))
    assert first != second
    assert np.array_equal(read_strictly(first), flat_pixels())
    assert np.array_equal(read_strictly(second), flat_pixels(seed=2))


def test_only_final_names_stay(flats: Path) -> None:
    paths = [store(flats, number=number) for number in (1, 2, 3)]
    assert files_below(flats) == sorted(paths)


def test_a_directory_that_went_away_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="still mounted"):
        store(tmp_path / "gone")


@pytest.mark.parametrize(
    "pixels", [np.zeros((2, 2), np.int16), np.zeros((2, 2), float), np.zeros((1, 2, 2), np.uint16)]
)
def test_what_is_not_a_frame_is_refused(flats: Path, pixels: np.ndarray) -> None:
    with pytest.raises(ValueError, match="16-bit"):
        write_frame(flats, NIGHT, pixels, Header(), flat_record())


def test_a_disk_that_runs_full_leaves_no_file(flats: Path) -> None:
    """A limit on the size of files stands for the full disk: the kernel cuts the write short."""
    script = """
        import pathlib, resource, signal, sys
        from flatctl.errors import StorageError
        from storage_builders import store
        size = store(pathlib.Path(sys.argv[1]), number=1).stat().st_size
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size - 2880, size - 2880))
        try:
            store(pathlib.Path(sys.argv[1]), number=2)
        except StorageError as error:
            print(error)
    """
    told = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(flats)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "File too large" in told.stdout
    assert len(files_below(flats)) == 1


def test_a_writable_directory_is_fit(flats: Path) -> None:
    ensure_writable(flats)
    assert list(flats.iterdir()) == []


def test_a_directory_to_be_made_is_fit_and_not_made(tmp_path: Path) -> None:
    ensure_writable(tmp_path / "a" / "b")
    assert not (tmp_path / "a").exists()


def test_a_relative_directory_is_fit(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    ensure_writable(Path("flats"))
    assert not Path("flats").exists()


def test_a_file_in_the_place_of_the_directory_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "flats").write_text("")
    with pytest.raises(StorageError, match="ordinary file"):
        ensure_writable(tmp_path / "flats")


def test_a_place_where_nobody_may_write_is_an_error() -> None:
    with pytest.raises(StorageError, match="/proc/flats"):
        ensure_writable(Path("/proc/flats"))


def test_a_disk_with_too_little_room_is_an_error(flats: Path) -> None:
    with pytest.raises(StorageError, match="make room"):
        ensure_writable(flats, needed_bytes=10**18)


def test_the_directory_of_all_frames_is_made_once(tmp_path: Path) -> None:
    prepare_directory(tmp_path / "a" / "b")
    prepare_directory(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


def test_a_directory_that_can_not_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    with pytest.raises(StorageError, match="creating the directory"):
        prepare_directory(tmp_path / "a" / "b")


def test_the_night_is_the_caller_s(flats: Path) -> None:
    path = write_frame(flats, date(2026, 11, 21), flat_pixels(), Header(), flat_record())
    assert path.is_relative_to(flats / "2026-11-21")


@pytest.mark.parametrize(
    "module",
    ["storage.writer", "storage.headers", "storage.naming", "fits.cards", "storage.atomic"],
)
def test_start_up_does_not_pay_for_astropy(module: str) -> None:
    code = f"import sys, flatctl.{module}; sys.exit('astropy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
