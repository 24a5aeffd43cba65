"""The checker of the FITS support office finds nothing to say about our files."""

import subprocess

import pytest

pytestmark = pytest.mark.fitsverify


def complaints(paths) -> str:
    """Return what fitsverify says, with its warnings, of all files that are not flawless."""
    done = subprocess.run(
        ["fitsverify", *map(str, paths)], capture_output=True, text=True, timeout=60, check=False
    )
    flawless = done.stdout.count("found 0 warning(s) and 0 error(s)")
    return "" if flawless == len(paths) and not done.returncode else done.stdout + done.stderr


def test_frames_have_neither_errors_nor_warnings(night):
    assert complaints(night.frames()) == ""


def test_compressed_frames_have_neither_errors_nor_warnings(packed_night):
    assert complaints(packed_night.frames()) == ""


def test_masters_have_neither_errors_nor_warnings(masters):
    assert complaints(masters) == ""


def test_it_would_have_complained(night, tmp_path):
    path = tmp_path / "spoilt.fits"
    path.write_bytes(night.frames()[0].read_bytes().replace(b"FILTER  =", b"FILTER =="))
    assert complaints([path]) != ""
