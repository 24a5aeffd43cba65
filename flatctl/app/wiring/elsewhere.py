"""The flats of a run by hand: they lie where the camera's files do, not in the night's folder."""

import os
from pathlib import Path

from flatctl.core.types import FrameKind
from flatctl.errors import FlatctlError
from flatctl.events import Flat
from flatctl.outputs import figures
from flatctl.outputs.stored import events_of, read_run
from flatctl.storage.naming import FOLDERS

_WRITTEN = FOLDERS[FrameKind.FLAT]


def elsewhere(folder: Path) -> str:
    """Return where the flats lie that a run by hand counted, in words; empty for none."""
    paths: set[Path] = set()
    for path in sorted(folder.glob("run*.json")):
        try:
            told = list(events_of(read_run(path)))
        except FlatctlError:
            continue
        flats = {event.path for event in told if isinstance(event, Flat)}
        # A run that writes its frames has them in a folder of that name, wherever that was moved.
        paths |= {each for each in flats if each.parent.name != _WRITTEN}
    if not paths:
        return ""
    where = os.path.commonpath([path.parent for path in paths])
    count = figures.plural(len(paths), "flat")
    return (
        f"{count} of a run by hand stayed in {where}: stack them with the program for your lights"
    )
