"""`flatctl verify` and `flatctl report`: what lies on disk."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from flatctl.outputs.report import write_report
from flatctl.storage.atomic import write_text
from flatctl.storage.verify import verify_directory


def verify(directory: Path) -> Iterator[tuple[Path, Sequence[str]]]:
    """Yield every FITS file below `directory` with what is wrong with it."""
    for verdict in verify_directory(directory):
        yield verdict.path, verdict.problems


def report(run_dir: Path) -> Path:
    """Write `report.html` of a run folder again and return its path."""
    return write_report(run_dir, write_text)
