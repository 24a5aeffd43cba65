"""`flatctl verify`: whether the files on disk are what they were."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from flatctl.app.wiring.elsewhere import elsewhere
from flatctl.images.kinds import foreign_kind
from flatctl.storage.directory import files_below
from flatctl.storage.verify import VerifiedFile, verify_directory

__all__ = ["elsewhere", "others", "verify"]


def verify(directory: Path) -> Iterator[VerifiedFile]:
    """Yield every image below `directory` with what is wrong with it."""
    return verify_directory(directory)


def others(directory: Path) -> Mapping[str, int]:
    """Return how many pictures of kinds that are never looked at lie below it, by kind."""
    paths, _ = files_below(directory)
    return Counter(kind for path in paths if (kind := foreign_kind(path)))
