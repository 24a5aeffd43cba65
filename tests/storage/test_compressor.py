"""The process that compresses: what comes back is the same, and no end of it loses a frame."""

import os
import signal
import subprocess
import sys

import pytest
from storage_builders import Header, flat_pixels, flat_record

from flatctl.core.pixels.sixteen_bits import to_stored
from flatctl.fits.compressed import encode_compressed
from flatctl.storage.compressor import Compressor
from flatctl.storage.headers import frame_header

PIXELS = flat_pixels(40, 60)
CARDS = frame_header(flat_record(PIXELS), Header(b""), PIXELS.shape)
EXPECTED = b"".join(encode_compressed(PIXELS, CARDS))


@pytest.fixture
def compressor():
    with Compressor(patience_s=1.0) as made:
        yield made


def test_a_frame_comes_back_as_it_is_compressed_here(compressor):
    compressor._patience_s = 60.0
    for pixels in (PIXELS, to_stored(PIXELS)):
        assert b"".join(compressor.encode(pixels, CARDS)) == EXPECTED
    assert compressor._child is not None


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_where_the_process_dies_or_stands_still_this_one_does_it(compressor, how):
    compressor.open()
    child = compressor._child
    os.kill(child.pid, how)
    assert b"".join(compressor.encode(PIXELS, CARDS)) == EXPECTED
    assert child.poll() is not None
    assert b"".join(compressor.encode(PIXELS, CARDS)) == EXPECTED


def test_where_no_process_can_be_had_this_one_does_it(compressor, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert b"".join(compressor.encode(PIXELS, CARDS)) == EXPECTED


def test_it_ends_with_whoever_started_it_even_if_that_is_killed():
    program = (
        "from flatctl.storage.compressor import Compressor\n"
        "made = Compressor(); made.open()\n"
        "print(made._child.pid, flush=True)\n"
        "input()\n"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    child = int(owner.stdout.readline())
    watched = os.pidfd_open(child)
    owner.kill()
    owner.communicate(timeout=30)
    import select

    assert select.select([watched], [], [], 30)[0]
    os.close(watched)
