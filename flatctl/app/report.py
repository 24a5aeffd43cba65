"""`flatctl report`: the page of a run again."""

from pathlib import Path

from flatctl.outputs.report import write_report_again
from flatctl.outputs.run_names import last_runs
from flatctl.storage.atomic import write_text


def report(run_dir: Path) -> list[Path]:
    """Write the report of each rig's last run in a folder (or of one run) again.

    Returns the paths of the pages.
    """
    records = [run_dir] if run_dir.suffix == ".json" else last_runs(run_dir)
    return [write_report_again(record, write_text) for record in records]
