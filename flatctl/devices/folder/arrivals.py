"""The pictures that arrive in a folder: new ones, whole, in the order in which they were taken.

A folder may be a card that comes and goes, what a tethered program writes into, or a share on a
slow network. So a file counts as whole once it has stood still for a while, and what was there
before is told by more than its name.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flatctl.images.kinds import foreign_kind, format_by_name

SETTLED_S = 1.5
"""A file that has not changed for so long is whole, if it can be read."""
PATIENCE_S = 30.0
"""One that still can't be read after so long without a change is damaged."""
_DEPTH_MAX = 4  # DCIM/100CANON, and what programs make below
_PICTURE = "picture"


@dataclass(frozen=True)
class Stamp:
    """What tells a file from another one of its name, and from itself after a change."""

    size: int
    mtime_ns: int
    inode: tuple[int, int]


@dataclass
class _Seen:
    stamp: Stamp
    since_s: float


class Arrivals:
    """Watch a folder for new images. What `forget` finds there is old from then on.

    `monotonic` are seconds. Files that are hidden, or none that are read, are passed over;
    `pictures` counts among these the JPEGs and the like that are new.
    """

    def __init__(self, folder: Path, monotonic: Callable[[], float]) -> None:
        self.folder = folder
        self.pictures = 0
        self._monotonic = monotonic
        self._old: set[tuple[str, int, int]] = set()
        self._old_inodes: set[tuple[tuple[int, int], int, int]] = set()
        self._seen: dict[Path, _Seen] = {}
        self._later: dict[Path, Stamp] = {}
        self._foreign: set[Path] = set()
        self._on_their_way: dict[Path, float] = {}

    def forget(self) -> None:
        """Take all that is there now for old, a file that is still being written as well."""
        self._on_their_way = dict.fromkeys(self._seen, self._monotonic() + PATIENCE_S)
        for path, stamp in self._files().items():
            self._pass_over(path, stamp)
        self._seen.clear()

    def is_there(self) -> bool:
        """Tell whether there is such a folder now."""
        return self.folder.is_dir()

    @property
    def has_some(self) -> bool:
        """Whether there are new files that have not been looked at, whole or not."""
        return bool(self._seen)

    def next(self) -> Path | None:
        """Return the earliest new file that is whole, None for none; it is old from then on."""
        now_s = self._monotonic()
        files = self._files()
        for path, stamp in list(files.items()):
            if now_s < self._on_their_way.get(path, 0.0):
                self._pass_over(path, stamp)
                del files[path]
                continue
            known = self._seen.get(path)
            if known is None or known.stamp != stamp:
                self._seen[path] = _Seen(stamp, now_s)
        # Those that have gone on their way are forgotten; should they come back they are new.
        self._seen = {path: seen for path, seen in self._seen.items() if path in files}
        whole = [
            (seen.stamp.mtime_ns, path)
            for path, seen in self._seen.items()
            if now_s - seen.since_s >= SETTLED_S and self._later.get(path) != seen.stamp
        ]
        if not whole:
            self._try_again(now_s)
            return None
        _, path = min(whole)
        return path

    def done(self, path: Path) -> None:
        """Take a file for old: it has been looked at."""
        if (seen := self._seen.pop(path, None)) is not None:
            self._pass_over(path, seen.stamp)

    def postpone(self, path: Path) -> bool:
        """Look at a file again later, since it can't be read yet; False where that was too long."""
        seen = self._seen.get(path)
        if seen is None or self._monotonic() - seen.since_s >= PATIENCE_S:
            return False
        self._later[path] = seen.stamp
        return True

    def _try_again(self, now_s: float) -> None:
        """Let the postponed files be looked at once more, when they have had their time."""
        for path, stamp in list(self._later.items()):
            seen = self._seen.get(path)
            if seen is None or seen.stamp != stamp or now_s - seen.since_s >= PATIENCE_S:
                del self._later[path]

    def _pass_over(self, path: Path, stamp: Stamp) -> None:
        self._old.add((path.name, stamp.size, stamp.mtime_ns))
        self._old_inodes.add((stamp.inode, stamp.size, stamp.mtime_ns))

    def _is_old(self, path: Path, stamp: Stamp) -> bool:
        # By its name where it was moved, and on a card that was put in again; else it was renamed.
        return (path.name, stamp.size, stamp.mtime_ns) in self._old or (
            stamp.inode,
            stamp.size,
            stamp.mtime_ns,
        ) in self._old_inodes

    def _files(self) -> dict[Path, Stamp]:
        """Return the new images; a folder that is not there has none."""
        found: dict[Path, Stamp] = {}
        self._walk(str(self.folder), _DEPTH_MAX, found)
        return found

    def _walk(self, folder: str, depth: int, found: dict[Path, Stamp]) -> None:
        try:
            with os.scandir(folder) as entries:
                inside = [entry for entry in entries if not entry.name.startswith(".")]
        except OSError:  # pulled out, or no permission: there is nothing to see
            return
        for entry in inside:
            try:
                if entry.is_dir(follow_symlinks=False):
                    if depth > 1:
                        self._walk(entry.path, depth - 1, found)
                    continue
                self._look(Path(entry.path), entry, found)
            except OSError:  # gone meanwhile
                continue

    def _look(self, path: Path, entry: os.DirEntry[str], found: dict[Path, Stamp]) -> None:
        if format_by_name(path) is None:
            if foreign_kind(path) == _PICTURE and path not in self._foreign:
                self._foreign.add(path)
                self.pictures += 1
            return
        if not entry.is_file():
            return
        status = entry.stat()
        stamp = Stamp(status.st_size, status.st_mtime_ns, (status.st_dev, status.st_ino))
        if status.st_size and not self._is_old(path, stamp):
            found[path] = stamp
