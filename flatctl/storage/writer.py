"""Frames on their way to the disk: written beside the next exposure, in order, a few in flight.

Each is a FITS file that is complete, checksummed and never in place of another one.
"""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, suppress
from datetime import date, datetime, tzinfo
from pathlib import Path

import numpy as np

from flatctl.core.pixels.sixteen_bits import STORED, Pixels16
from flatctl.core.types import FrameKind
from flatctl.errors import StorageError
from flatctl.fits.encoding import encode_frame
from flatctl.fits.header import Header
from flatctl.storage.atomic import create_free, make_folder, remove_leftovers
from flatctl.storage.compressor import Compressor
from flatctl.storage.directory import ensure_writable, prepare_directory, size_of
from flatctl.storage.headers import frame_header
from flatctl.storage.naming import PACKED_SUFFIX, SUFFIX, frame_folder, frame_name, night_of
from flatctl.storage.record import FrameRecord
from flatctl.storage.resume import Finished, Wanted, finished
from flatctl.storage.twins import Pictures, picture_of, stored_picture
from flatctl.storage.verify import frames_in, read_values

Encode = Callable[[Pixels16, Sequence[str]], Sequence[bytes | memoryview]]

IN_FLIGHT = 2
# Compressing takes longer now and then than the camera does: frames wait for it, not the camera.
COMPRESSED_WAITING_BYTES = 400_000_000
_COMPRESSED_MOST_FRAC = 0.8  # of the plain frames of the noisiest camera


class FrameWriter(AbstractContextManager["FrameWriter"]):
    """The frames of one night below `directory`, written by one background thread.

    At most `IN_FLIGHT` frames wait there (or `COMPRESSED_WAITING_BYTES` of them, if these are more
    and `compress` stores them tile-compressed), so memory is bounded by that beside the frame being
    read out. `placed` callbacks run in the caller's thread, in the order of `put`. An error of a
    write is raised by the next `put` or by `drain`; frames behind it are still written. Leaving the
    block drains. `placed` counts the frames put on disk.
    """

    def __init__(self, directory: Path, zone: tzinfo, *, compress: bool = False) -> None:
        self.directory = directory
        self._compressor = Compressor() if compress else None
        self.zone = zone
        self.night = date.min
        self.placed = 0
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        self._pictures: Pictures | None = None
        self._pending: deque[tuple[Future[Path], Callable[[Path], None]]] = deque()

    def __exit__(self, *_: object) -> None:
        """Finish what is under way, whatever ended the block."""
        try:
            self.drain()
        finally:
            self._thread.shutdown()
            if self._compressor is not None:
                self._compressor.close()

    def open_night(self, now: datetime) -> Path:
        """Make the directory ready for the night of `now` and return that night's folder."""
        self.night, self._pictures = night_of(now, self.zone), None
        if self._compressor is not None:
            self._compressor.open()
        prepare_directory(self.directory)
        make_folder(self.folder, self.directory)
        for kind in FrameKind:
            remove_leftovers(frame_folder(self.directory, self.night, kind), now)
        return self.folder

    def ensure_room(self, needed_bytes: int, now: datetime, *, resume: bool) -> None:
        """Raise `StorageError` where a run that begins now has less than `needed_bytes`.

        With `resume` the frames count that lie in this night's folders already.
        """
        if self._compressor is not None:
            needed_bytes = int(needed_bytes * _COMPRESSED_MOST_FRAC)
        if resume:
            night = night_of(now, self.zone)
            folders = (frame_folder(self.directory, night, kind) for kind in FrameKind)
            needed_bytes -= sum(size_of(path) for each in folders for path in each.glob("*"))
        ensure_writable(self.directory, needed_bytes)

    @property
    def folder(self) -> Path:
        """The folder of this night's run: frames below it, `run.json` and the report in it."""
        return self.directory / self.night.isoformat()

    def finished(self, wanted: Wanted, join_days: int = 0) -> Finished:
        """Return the frames of a set that an earlier run left; see `resume.finished`."""
        return finished(self.directory, self.night, wanted, join_days)

    def twin_of(self, pixels: Pixels16, median_adu: float) -> str | None:
        """Return the name of the night's flat that has the same picture, None where none has."""
        return self._known_pictures().twin(picture_of(pixels, median_adu))

    def _known_pictures(self) -> Pictures:
        if self._pictures is None:
            self._pictures = Pictures()
            for path in frames_in(frame_folder(self.directory, self.night, FrameKind.FLAT)):
                with suppress(StorageError):
                    picture = stored_picture(read_values(path))
                    if picture is not None:
                        self._pictures.add(picture, path.name)
        return self._pictures

    def put(
        self,
        pixels: Pixels16,
        driver_header: Header,
        record: FrameRecord,
        placed: Callable[[Path], None],
    ) -> None:
        """Write a frame in the background; `placed` gets its path once it is safe on disk."""
        if record.kind is FrameKind.FLAT:
            picture = picture_of(pixels, record.statistics.median)
            self._known_pictures().add(picture, frame_name(record, 0))
        waiting = COMPRESSED_WAITING_BYTES // pixels.nbytes if self._compressor else 0
        self._settle(max(IN_FLIGHT, waiting) - 1)
        frame = (self.directory, self.night, pixels, driver_header, record)
        if self._compressor is None:
            writing = self._thread.submit(write_frame, *frame)
        else:
            writing = self._thread.submit(write_frame, *frame, packed=self._compressor.encode)
        self._pending.append((writing, placed))

    def drain(self) -> None:
        """Wait until every frame is on disk."""
        self._settle(0)

    def _settle(self, leave: int) -> None:
        while self._pending and (len(self._pending) > leave or self._pending[0][0].done()):
            # A wish to stop may interrupt the wait; the frame then stays in the queue.
            wait([self._pending[0][0]])
            writing, placed = self._pending.popleft()
            path = writing.result()
            self.placed += 1
            placed(path)


def write_frame(
    directory: Path,
    night: date,
    pixels: Pixels16,
    driver_header: Header,
    record: FrameRecord,
    *,
    packed: Encode | None = None,
) -> Path:
    """Store a frame of shape (rows, cols), dtype uint16, and return its path.

    Pixels of dtype >i2 are taken for what the file is to hold, 32768 less, and written as they are.
    The file lies in the night's folder below `directory`, which has to exist. It is on disk when
    this returns, by `packed` as one of which `funpack` makes a plain one. A name that is taken
    is not used: the frame gets the next free one.

    Raises `StorageError`; nothing stays behind then.
    """
    unsigned = pixels.dtype.newbyteorder("=") == np.uint16
    if pixels.ndim != 2 or not (unsigned or pixels.dtype == STORED):
        raise ValueError(f"a frame is rows of 16-bit pixels, not {pixels.shape} {pixels.dtype}")
    folder = frame_folder(directory, night, record.kind)
    make_folder(folder, directory)
    suffix = SUFFIX if packed is None else PACKED_SUFFIX
    parts = (packed or encode_frame)(pixels, frame_header(record, driver_header, pixels.shape))
    return create_free(lambda copy: folder / frame_name(record, copy, suffix), parts)
