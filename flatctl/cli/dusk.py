"""`flatctl dusk`: the main job, when the day ends."""

from functools import update_wrapper
from pathlib import Path
from typing import Any

from flatctl.cli.dawn import dawn, wait_and_take

EXAMPLES = (
    "flatctl dusk rig.toml",
    "flatctl dusk rig.toml --light sky",
    "flatctl dusk rig.toml --at 17:30 --filter Ha",
    "flatctl dusk rig.toml --dry-run",
)


def dusk(config: Path, **options: Any) -> None:
    """Wait for dusk, then take the flats.

    The rig is checked at once and again half an hour before, so that there is time to fix it.
    """
    from flatctl.app import dusk as app

    wait_and_take(app.dusk, config, **options)


# Its options are those of dawn.
update_wrapper(dusk, dawn, assigned=("__annotations__",))
