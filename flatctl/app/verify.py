"""`flatctl verify`: whether the files on disk are what they were."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from flatctl.storage.verify import verify_directory


def verify(directory: Path) -> Iterator[tuple[Path, Sequence[str]]]:
    """Yield every FITS file below `directory` with what is wrong with it."""
    for verdict in verify_directory(directory):
        yield verdict.path, verdict.problems
