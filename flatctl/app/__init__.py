"""The only place that turns a configuration into objects: one function per command.

Each command loads what it needs and no more: half of the time of a short command would be imports.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flatctl.app.calibrating import CalibrationListing, calibrate
    from flatctl.app.files import report, verify
    from flatctl.app.finding import DeviceListing, devices, init
    from flatctl.app.light import panel, safe
    from flatctl.app.mastering import MasterListing, master
    from flatctl.app.measuring import FileStatistics, stats
    from flatctl.app.memory import HistoryListing, history
    from flatctl.app.planning import PlanListing, plan
    from flatctl.app.preflight import CheckLine, check
    from flatctl.app.recording import record
    from flatctl.app.running import run
    from flatctl.app.simulated import demo, simulate
    from flatctl.app.waiting import dawn

__all__ = [
    "CalibrationListing",
    "CheckLine",
    "DeviceListing",
    "FileStatistics",
    "HistoryListing",
    "MasterListing",
    "PlanListing",
    "calibrate",
    "check",
    "dawn",
    "demo",
    "devices",
    "history",
    "init",
    "master",
    "panel",
    "plan",
    "record",
    "report",
    "run",
    "safe",
    "simulate",
    "stats",
    "verify",
]

_MODULES = {
    "CalibrationListing": "calibrating",
    "CheckLine": "preflight",
    "DeviceListing": "finding",
    "FileStatistics": "measuring",
    "HistoryListing": "memory",
    "MasterListing": "mastering",
    "PlanListing": "planning",
    "calibrate": "calibrating",
    "check": "preflight",
    "dawn": "waiting",
    "demo": "simulated",
    "devices": "finding",
    "history": "memory",
    "init": "finding",
    "master": "mastering",
    "panel": "light",
    "plan": "planning",
    "record": "recording",
    "report": "files",
    "run": "running",
    "safe": "light",
    "simulate": "simulated",
    "stats": "measuring",
    "verify": "files",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"flatctl.app.{_MODULES[name]}"), name)
