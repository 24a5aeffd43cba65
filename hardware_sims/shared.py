"""The world as several driver processes share it: through a small folder, by environment variables.

`FLATCTL_SIM_STATE` names the folder (default: one in the user's runtime directory),
`FLATCTL_SIM_SCENARIO` the scenario (default: `mono`), `FLATCTL_SIM_SIZE` another size of the sensor
(`6248x4176`: columns, rows), heard by the rig of one process as well. With `FLATCTL_SIM_STILL`
equal light gives equal frames, noise and all: for measuring clients at sizes at which a frame takes
longer to make than to read out.
"""

import os
import tempfile
from pathlib import Path

from hardware_sims.light import Light
from hardware_sims.scenarios import scenario
from hardware_sims.world import Scenario, Turret, World, any_night


def state_folder() -> Path:
    """Return the folder of the shared state, made if it is not there."""
    named = os.environ.get("FLATCTL_SIM_STATE")
    if named:
        folder = Path(named)
    elif runtime := os.environ.get("XDG_RUNTIME_DIR"):
        folder = Path(runtime) / "flatctl-sim"
    else:
        folder = Path(tempfile.gettempdir()) / f"flatctl-sim-{os.getuid()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def sized_scenario(name: str) -> Scenario:
    """Return the scenario of that name, of the size asked for.

    Raises `ValueError` when there is none of that name.
    """
    cols, _, rows = os.environ.get("FLATCTL_SIM_SIZE", "").partition("x")
    return scenario(name, rows=int(rows or 0), cols=int(cols or 0))


def shared_world() -> World:
    """Return the world whose light and wheel other processes see and move as well.

    Raises `ValueError` when there is no scenario of the name asked for.
    """
    rig = sized_scenario(os.environ.get("FLATCTL_SIM_SCENARIO") or "mono")
    folder = state_folder()
    light = Light(rig.brightness_max, state=folder / "light.json", log=folder / "light.log")
    turret = Turret(folder / "wheel.json", rig.wheel)
    still = bool(os.environ.get("FLATCTL_SIM_STILL"))
    return World(rig, light=light, turret=turret, still=still, night=any_night(), state=folder)
