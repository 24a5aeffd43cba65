"""The only place that turns a configuration into objects: one function per command."""

from flatctl.app.calibrating import CalibrationListing, calibrate
from flatctl.app.dawn import dawn
from flatctl.app.files import report, verify
from flatctl.app.finding import DeviceListing, devices, init
from flatctl.app.light import panel, safe
from flatctl.app.mastering import MasterListing, master
from flatctl.app.memory import HistoryListing, history
from flatctl.app.planning import PlanListing, plan
from flatctl.app.preflight import CheckLine, check
from flatctl.app.recording import record
from flatctl.app.running import run
from flatctl.app.simulated import demo, simulate
from flatctl.app.stats import FileStatistics, stats

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
