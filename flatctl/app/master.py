"""`flatctl master`: master flats and master dark flats of what a run left."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from flatctl.app.wiring.elsewhere import elsewhere
from flatctl.core.nights.masters import SKY_FRAMES_LEAST, master_sets
from flatctl.core.types import FrameKind
from flatctl.errors import StorageError
from flatctl.fits.header import number
from flatctl.outputs import figures
from flatctl.outputs.tables.master import Master, MasterListing
from flatctl.storage.directory import prepare_directory
from flatctl.storage.master_frames import Source, Sources, find_sources
from flatctl.storage.masters import (
    MasterDark,
    NoMaster,
    Subtraction,
    master_dark,
    master_flat,
    subtraction_for,
)
from flatctl.storage.verify import read_values

Progress = Callable[[str, int, int], None]
FOLDER = "MASTER"
MEMORY_BYTES = 200_000_000


def master(
    directory: Path,
    *,
    output: Path | None = None,
    pedestal_adu: float | None = None,
    memory_bytes: int = MEMORY_BYTES,
    progress: Progress | None = None,
) -> MasterListing:
    """Find flats and dark flats in `directory` and below it, and make masters of them.

    They go into `output`, else into a folder MASTER in `directory`. `pedestal_adu` is taken from
    flats for which there are no dark flats. Raises `StorageError` where nothing can be read or
    written.
    """
    verifying = partial(progress, "Verifying frames") if progress else None
    averaging = partial(progress, "Averaging rows") if progress else None
    sources = find_sources(directory, verifying)
    if not sources.frames:
        raise StorageError(_nothing(directory, sources))
    folder = output or directory / FOLDER
    masters = _masters(sources, folder, pedestal_adu, memory_bytes, averaging)
    return MasterListing(sources.skipped, sources.others, sources.damaged, tuple(masters))


def _masters(
    sources: Sources,
    folder: Path,
    pedestal_adu: float | None,
    memory_bytes: int,
    progress: Callable[[int, int], None] | None,
) -> Iterator[Master]:
    """Make one after the other, those of the dark flats first."""
    prepare_directory(folder)
    by_name = {source.info.name: source for source in sources.frames}
    darks: list[MasterDark] = []
    for taken in master_sets(source.info for source in sources.frames):
        frames = [by_name[frame.name] for frame in taken]
        first = taken[0]
        if first.kind is FrameKind.DARK_FLAT:
            path, made = master_dark(frames, folder, memory_bytes, progress)
            darks.append(MasterDark.read(path, first))
            yield _told(frames, path, made)
            continue
        subtraction = subtraction_for(frames, darks, pedestal_adu)
        try:
            path, made = master_flat(frames, subtraction, folder, memory_bytes, progress)
        except NoMaster as problem:
            yield Master(first.kind, first.filter, len(frames), problem=str(problem))
        else:
            yield _told(frames, path, made, subtraction)


def _told(
    frames: Sequence[Source], path: Path, made: bool, subtraction: Subtraction | None = None
) -> Master:
    values = read_values(path)
    return Master(
        kind=frames[0].info.kind,
        filter=frames[0].info.filter,
        frames=len(frames),
        path=path,
        made=made,
        subtracted=subtraction.words if subtraction else "",
        noise=number(values, "FLATNOIS"),
        clipped_frac=number(values, "FLATREJ") or 0.0,
        too_few_for_stars=frames[0].info.sky and len(frames) < SKY_FRAMES_LEAST,
    )


def _nothing(directory: Path, sources: Sources) -> str:
    """Say what lies in a folder without flats."""
    parts = [f"{count} {kind}" for kind, count in sources.others.items()]
    if sources.skipped:
        path, problem = sources.skipped[0]
        files = figures.plural(len(sources.skipped), "file")
        parts.append(f"{files} without use ({path.name}: {problem})")
    found = f", but {', '.join(parts)}" if parts else ""
    remedy = elsewhere(directory) or "name the folder of a night"
    return f"{directory}: no flats of flatctl's here or below{found}; {remedy}"
