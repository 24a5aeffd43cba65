"""The configuration file: pydantic models of its tables, and how it is read."""

from flatctl.settings.loading import load
from flatctl.settings.models import Settings
from flatctl.settings.tables import Camera, Indi, Output, Rig, Wheel, default_history

__all__ = ["Camera", "Indi", "Output", "Rig", "Settings", "Wheel", "default_history", "load"]
