"""The configuration file as a whole."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, PrivateAttr

from flatctl.settings.flats import DarkFlats, FilterFlats, Flats, Lights, WantedSet
from flatctl.settings.observatory import Dome, Mount, Weather
from flatctl.settings.panels import PanelSettings
from flatctl.settings.quality import Quality
from flatctl.settings.tables import Camera, Focuser, Indi, Name, Output, Rig, Rotator, Table, Wheel
from flatctl.settings.unattended import Dawn, Notify


class Settings(Table):
    """A whole configuration file."""

    rig: Rig = Rig()
    indi: Indi = Indi()
    camera: Camera
    wheel: Wheel | None = None
    rotator: Rotator | None = None
    focuser: Focuser | None = None
    panel: PanelSettings
    flats: Flats = Flats()
    filters: dict[Name, FilterFlats] = Field(default={})
    """Per filter, any key of [flats] but `filters`; what is absent here is taken from [flats]."""
    dark_flats: DarkFlats = DarkFlats()
    quality: Quality = Quality()
    lights: Lights = Lights()
    output: Output = Field(default_factory=Output)
    sets: Annotated[tuple[WantedSet, ...], Field(strict=False)] = ()
    """Sets of flats, each with a camera setup of its own."""
    mount: Mount | None = None
    dome: Dome | None = None
    weather: Weather | None = None
    dawn: Dawn = Dawn()
    notify: Notify = Notify()

    _source: Path | None = PrivateAttr(default=None)
    _overrides: tuple[str, ...] = PrivateAttr(default=())

    def read_from(self, path: Path, overrides: tuple[str, ...] = ()) -> "Settings":
        """Remember the file, and what the environment has set otherwise; return itself."""
        self._source, self._overrides = path, overrides
        return self

    @property
    def overrides(self) -> tuple[str, ...]:
        """What the environment has set and not the file: the names of its variables."""
        return self._overrides

    @property
    def source(self) -> Path | None:
        """The file it was read from."""
        return self._source
