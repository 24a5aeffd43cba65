"""Frames that stay where they are: files of another program's, counted and not copied."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

from flatctl.core.pixels.sixteen_bits import Pixels16
from flatctl.core.types import FrameKind
from flatctl.errors import StorageError
from flatctl.fits.header import Header, NotReadable
from flatctl.images.reading import read_facts
from flatctl.images.times import began
from flatctl.storage.record import FrameRecord
from flatctl.storage.resume import Finished, FinishedFrame, Wanted
from flatctl.storage.twins import picture_of
from flatctl.storage.writer import FrameWriter

_SAME_TIME = timedelta(seconds=2)  # a card tells the time of a file no better
_SAME_FRAC = 1e-6


@dataclass(frozen=True)
class Counted:
    """A file that an earlier run of the night has counted, as that run told of it.

    `filter` is None where there was none to choose; levels are in ADU.
    """

    path: Path
    kind: FrameKind
    number: int
    exposure_s: float
    filter: str | None = None
    brightness: int | None = None
    level_adu: float | None = None
    began: datetime | None = None
    camera: str = ""


class FramesInPlace(FrameWriter):
    """Obey as `FrameWriter` does, and write no frame: each is a file already, and stays that.

    `counted` are the files of earlier runs of the night, of the same rig.
    """

    def __init__(self, directory: Path, zone: tzinfo, counted: Sequence[Counted] = ()) -> None:
        super().__init__(directory, zone)
        self._counted = tuple(counted)

    def ensure_room(self, needed_bytes: int, now: datetime, *, resume: bool) -> None:
        """Need no room: nothing is copied."""

    def finished(self, wanted: Wanted, join_days: int = 0) -> Finished:  # noqa: ARG002 because others do
        """Return the files counted before that are still what they were, and what became of others.

        Raises nothing: a file that is gone, or another one by now, does not count.
        """
        frames: dict[Path, FinishedFrame] = {}
        skipped: dict[Path, str] = {}
        for one in self._counted:
            if not _is_of(one, wanted):
                continue
            if why := _changed(one, wanted):
                skipped[one.path] = why
                continue
            frames[one.path] = FinishedFrame(
                one.path, one.number, one.exposure_s, one.brightness, one.level_adu or 0.0
            )
        numbered = sorted(frames.values(), key=lambda frame: (frame.number, frame.path))
        return Finished(tuple(numbered), tuple(skipped.items()))

    def put(
        self,
        pixels: Pixels16,
        driver_header: Header,  # noqa: ARG002 because others write it
        record: FrameRecord,
        placed: Callable[[Path], None],
    ) -> None:
        """Count a frame; `placed` gets the path of the file that it came in.

        Raises `StorageError` where that is gone.
        """
        path = record.source
        if path is None or not path.exists():
            raise StorageError(f"{path}: is gone before it could be counted; leave pictures there")
        if record.kind is FrameKind.FLAT:
            picture = picture_of(pixels, record.statistics.median)
            self._known_pictures().add(picture, path.name)
        self.placed += 1
        placed(path)


def _is_of(one: Counted, wanted: Wanted) -> bool:
    """Tell whether a file was counted for this set."""
    if one.kind is not wanted.kind or one.camera != wanted.key.camera:
        return False
    if wanted.exposure_s is not None:
        return abs(one.exposure_s - wanted.exposure_s) <= _SAME_FRAC * wanted.exposure_s
    aim_adu, off_adu = wanted.target_adu, wanted.tolerance_adu
    if aim_adu is None or off_adu is None or one.level_adu is None:
        return False
    return one.filter == wanted.key.filter and abs(one.level_adu - aim_adu) <= off_adu


def _changed(one: Counted, wanted: Wanted) -> str:
    """Return why a file that was counted counts no more; empty where it does."""
    try:
        facts = read_facts(one.path)
        same_time = one.began is None or abs(began(one.path, facts) - one.began) <= _SAME_TIME
    except (NotReadable, OSError) as error:
        gone = not one.path.exists()
        return "it was counted and is gone: is the card out?" if gone else str(error)
    if not same_time:
        return "it was counted, and another picture has taken its name"
    iso = wanted.key.iso
    if iso is not None and facts.iso is not None and facts.iso != iso:
        return f"it has ISO {facts.iso:g} instead of {iso}"
    return ""
