"""`flatctl report`: the page of a run again."""

from pathlib import Path

from flatctl.outputs.report import write_report_again
from flatctl.storage.atomic import write_text


def report(run_dir: Path) -> Path:
    """Write `report.html` of a run folder again and return its path."""
    return write_report_again(run_dir, write_text)
