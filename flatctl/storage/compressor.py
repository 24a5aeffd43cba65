"""Compression in a process of its own, which neither holds up the threads of a run nor its camera.

Run as a program it is that process: frames come in and compressed ones go out over a socket, until
the other end is closed, whatever closed it.
"""

import contextlib
import socket
import struct
import subprocess
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager

import numpy as np

from flatctl.core.pixels.sixteen_bits import STORED, Pixels16, to_stored
from flatctl.fits.compressed import encode_compressed

_REQUEST = struct.Struct("<QQQ")  # rows, columns, bytes of the cards
_ANSWER = struct.Struct("<Q")  # bytes of the file
_PATIENCE_S = 60.0
_END_S = 5.0
_TRIAL_PX = (16, 16)


class Compressor(AbstractContextManager["Compressor"]):
    """A process that compresses frames; where it fails, this one does."""

    def __init__(self, patience_s: float = _PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._child: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None
        self._failed = False

    def __exit__(self, *_: object) -> None:
        """End the process."""
        self.close()

    def open(self) -> None:
        """Start the process, so that it is ready once the first frame comes."""
        if self._child is not None or self._failed:
            return
        ours, its = socket.socketpair()
        ours.settimeout(self._patience_s)
        try:
            self._child = subprocess.Popen(
                [sys.executable, "-P", "-m", __name__, str(its.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[its.fileno()],
                start_new_session=True,  # Ctrl-C is for the run, which then ends this
            )
            self._line = ours
        except OSError:
            self._failed = True
            ours.close()
        finally:
            its.close()

    def encode(self, pixels: Pixels16, cards: Sequence[str]) -> Sequence[bytes | memoryview]:
        """Return the bytes that `encode_compressed` does."""
        self.open()
        if self._line is not None:
            try:
                return [self._asked(self._line, pixels, cards)]
            except OSError:
                self._failed = True
                self.close()
        return encode_compressed(pixels, cards)

    def close(self) -> None:
        """End the process; one that does not end by itself is killed."""
        if self._line is not None:
            self._line.close()
        if self._child is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(0 if self._failed else _END_S)
            self._child.kill()
            self._child.wait()
        self._child = self._line = None

    def _asked(self, line: socket.socket, pixels: Pixels16, cards: Sequence[str]) -> memoryview:
        stored = np.ascontiguousarray(pixels if pixels.dtype == STORED else to_stored(pixels))
        text = "".join(cards).encode("ascii")
        line.sendall(_REQUEST.pack(*stored.shape, len(text)) + text)
        line.sendall(stored.reshape(-1).view(np.uint8).data)
        (size,) = _ANSWER.unpack(_received(line, _ANSWER.size))
        return _received(line, size)


def _received(line: socket.socket, size: int) -> memoryview:
    """Return so many bytes. Raises `OSError` where the other end is closed before."""
    data = memoryview(bytearray(size))
    there = 0
    while there < size:
        count = line.recv_into(data[there:])
        if not count:
            raise ConnectionResetError("closed")
        there += count
    return data


def serve(line: socket.socket) -> None:
    """Compress what comes in until the other end is closed."""
    encode_compressed(np.zeros(_TRIAL_PX, np.uint16), [])  # its library takes a second to load
    with contextlib.suppress(ConnectionError):
        while True:
            rows, cols, length = _REQUEST.unpack(_received(line, _REQUEST.size))
            text = bytes(_received(line, length)).decode("ascii")
            stored = np.frombuffer(_received(line, 2 * rows * cols), STORED).reshape(rows, cols)
            cards = _cut(text)
            parts = encode_compressed(stored, cards)
            line.sendall(_ANSWER.pack(sum(len(part) for part in parts)))
            for part in parts:
                line.sendall(part)


def _cut(text: str, length: int = 80) -> list[str]:
    return [text[start : start + length] for start in range(0, len(text), length)]


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
