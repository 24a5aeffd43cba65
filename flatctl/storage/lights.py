"""Light frames on disk: which of the files in a folder they are, and how everything stood."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from flatctl.core.nights.plan import LightFrame
from flatctl.fits.header import NotReadable
from flatctl.images.facts import Format, Missing
from flatctl.images.kinds import foreign_kind, kind_by_name
from flatctl.images.reading import read_facts
from flatctl.storage.directory import files_below
from flatctl.storage.light_header import LightHeader

_KINDS = ("flat", "dark", "bias", "light")
_LIGHT_WORDS = ("object", "science", "snapshot")
_FOLDER = re.compile(r"(flat|dark|bias|light)(s|es)?((frame|image|sub)s?)?")
_WORKERS = 4  # as many as hide the latency of a network drive; a local disk needs one
UNFILLED = "they end with their last pixel, not with a whole block of FITS, and are used"


@dataclass(frozen=True)
class LightFile:
    """What one file was found to be.

    `light` is there for light frames only. `kind` is `light`, `flat`, `dark`, `bias` or whatever
    else the frame calls itself; `problem` says why nothing could be read, or is empty. `notes` say
    what of a light was not taken as it stands. A `foreign` file is of a kind that is not read, for
    want of what is `missing` or at all.
    """

    path: Path
    light: LightFrame | None = None
    kind: str = ""
    problem: str = ""
    notes: tuple[str, ...] = ()
    foreign: str = ""
    missing: str = ""


def read_folder(
    directory: Path,
    *,
    measured_temperature: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[LightFile]:
    """Yield a reading of every file in `directory` and below it, by path.

    With `measured_temperature` the sensor's temperature stands in where no set point is told.
    `progress` hears how many of how many files are done. Raises `StorageError` where the directory
    itself can't be listed; nothing that lies in it ends the reading.
    """
    paths, problems = files_below(directory)
    yield from (LightFile(path, problem=problem) for path, problem in problems)
    read = partial(read_light, below=directory, measured_temperature=measured_temperature)
    with ThreadPoolExecutor(_WORKERS, thread_name_prefix="lights") as pool:
        for done, reading in enumerate(pool.map(read, paths), start=1):
            if progress is not None:
                progress(done, len(paths))
            yield reading


def read_light(
    path: Path, *, below: Path | None = None, measured_temperature: bool = False
) -> LightFile:
    """Read one file of the folder `below`; never raises for what is in it.

    A raw file never says what kind it is: where nothing else does either it is a light.
    """
    if foreign := foreign_kind(path):
        return LightFile(path, foreign=foreign)
    try:
        facts = read_facts(path)
        header = LightHeader(facts)
        called = "light" if facts.format is Format.RAW else None
        kind = _kind(header.kind, path.relative_to(below.parent) if below else path, called)
        if kind != "light":
            return LightFile(path, kind=kind)
        light = header.light(measured_temperature=measured_temperature)
        notes = (*header.notes, *([UNFILLED] if facts.unfilled else ()))
        return LightFile(path, light, kind, notes=notes)
    except Missing as missing:
        return LightFile(path, foreign=kind_by_name(path), missing=str(missing))
    except NotReadable as problem:
        return LightFile(path, problem=str(problem))


def _kind(said: str | None, path: Path, otherwise: str | None) -> str:
    """Return what kind of frame it is; one that doesn't say is what its folders and name say."""
    if said is None:
        return _kind_by_path(path, otherwise)
    word = re.sub(r"[^a-z]", "", said.lower())
    if "master" in word:
        return "master"
    if word in _LIGHT_WORDS:
        return "light"
    return next((kind for kind in _KINDS if kind in word), said)


def _kind_by_path(path: Path, otherwise: str | None) -> str:
    """Return what folders and name call a frame; there are nebulae called dark, and rocks flat.

    A folder for a kind decides, the innermost of several. Else a frame is a light where any word
    says so, else what the first word of its name says that is a kind, else of its folders, else it
    is `otherwise`.
    """
    folders = [re.sub(r"[^a-z]", "", part.lower()) for part in path.parent.parts]
    whole = [match[1] for folder in folders if (match := _FOLDER.fullmatch(folder))]
    if whole:
        return whole[-1]
    words = [word for part in (path.name, *path.parent.parts) for word in _kinds_in(part)]
    if not words and otherwise is not None:
        return otherwise
    if not words:
        raise NotReadable("it doesn't say what kind of frame it is (IMAGETYP)")
    return "light" if "light" in words else words[0]


def _kinds_in(part: str) -> list[str]:
    words = re.split(r"[^a-z]+", part.lower())
    return [kind for word in words for kind in _KINDS if word in (kind, f"{kind}s")]
