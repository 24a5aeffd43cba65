"""What `flatctl verify` answers: a line for each set, and one for each file with a problem."""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple, Protocol

from flatctl.outputs import figures

# What tells the frames of a set apart in their names: time of exposure, number, copy.
_OWN = re.compile(r"_\d{8}T\d{9}Z_\d{4}(-\d+)?(?=\.fits)", re.IGNORECASE)
_GOOD = "good"


class Found(Protocol):
    """A file that was looked at, as `flatctl.storage.verify.VerifiedFile`."""

    @property
    def path(self) -> Path:
        """Where it is."""

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with it."""

    @property
    def unproven(self) -> tuple[str, ...]:
        """What nothing vouches for."""


class LeftOut(Protocol):
    """A file that was not looked at, and why."""

    @property
    def path(self) -> Path:
        """Where it is."""

    @property
    def left_out(self) -> str:
        """Why."""


class Verdict(NamedTuple):
    """A line: about which file or set, whether that is in order and proven so, what is to say."""

    subject: str
    ok: bool
    text: str
    proven: bool


def verdicts(found: Iterable[Found], *, each: bool) -> Iterator[Verdict]:
    """Yield a line for each set of files that follow one another, or with `each` for every file.

    A file with a problem has its own line, as soon as it is known.
    """
    for (_, name), files in groupby(found, lambda one: _set_of(one.path)):
        good: dict[str, list[Path]] = {}
        for one in files:
            said = "; ".join(one.unproven) or _GOOD
            if one.problems or each:
                text = "; ".join(one.problems) or said
                yield Verdict(str(one.path), not one.problems, text, not one.unproven)
            else:
                good.setdefault(said, []).append(one.path)
        for said, (first, *others) in good.items():
            proven = said == _GOOD
            if others:
                said = f"{figures.plural(1 + len(others), 'file')}, {said}"
            yield Verdict(str(first.parent / name if others else first), True, said, proven)


def left_out_lines(found: Iterable[LeftOut]) -> Iterator[str]:
    """Yield a line for the files of each folder that were left out for one reason."""
    groups: dict[tuple[Path, str], list[Path]] = {}
    for one in found:
        groups.setdefault((one.path.parent, one.left_out), []).append(one.path)
    for (folder, reason), paths in groups.items():
        first, last = paths[0], paths[-1]
        subject = f"{first}" if first == last else f"{folder}: {first.name} to {last.name}"
        count = f"{figures.plural(len(paths), 'file')}, " if first != last else ""
        yield f"{subject}: {count}{reason}"


def _set_of(path: Path) -> tuple[Path, str]:
    """Return the folder of a file and what its whole set is called, `*` for other programs'."""
    name, ours = _OWN.subn("_*", path.name)
    return path.parent, name if ours else "*"
