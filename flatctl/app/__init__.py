"""The only place that turns a configuration into objects: one function per command."""

from flatctl.app.files import report, verify
from flatctl.app.finding import DeviceListing, devices, init
from flatctl.app.light import panel, safe
from flatctl.app.memory import HistoryListing, history
from flatctl.app.preflight import CheckLine, check
from flatctl.app.running import run
from flatctl.app.simulated import demo, simulate

__all__ = [
    "CheckLine",
    "DeviceListing",
    "HistoryListing",
    "check",
    "demo",
    "devices",
    "history",
    "init",
    "panel",
    "report",
    "run",
    "safe",
    "simulate",
    "verify",
]
