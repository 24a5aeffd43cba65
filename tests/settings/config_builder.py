"""A valid configuration to change one thing of."""

from pathlib import Path

from flatctl.errors import ConfigError
from flatctl.settings.loading import load
from flatctl.settings.models import Settings

SMALLEST = """
[camera]
device = "CCD Simulator"

[panel]
kind = "manual"
"""

WITH_WHEEL = SMALLEST + '\n[wheel]\ndevice = "Filter Simulator"\n'


class ConfigFile:
    """A file in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "rig.toml"

    def load(self, text: str, **env: str) -> Settings:
        self.path.write_text(text, "utf-8")
        return load(self.path, env)

    def complaint(self, text: str, **env: str) -> str:
        """Return what is said against the text, without the folder's name."""
        try:
            self.load(text, **env)
        except ConfigError as error:
            return str(error).replace(str(self.path), "rig.toml")
        raise AssertionError("it was accepted")
