"""The configuration file as a whole."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, PrivateAttr

from flatctl.core.types import LightSource
from flatctl.errors import ConfigError, UsageError
from flatctl.settings.flats import DarkFlats, FilterFlats, Flats, Lights, WantedSet
from flatctl.settings.observatory import Dome, Mount, Weather
from flatctl.settings.panels import PanelSettings
from flatctl.settings.quality import Quality
from flatctl.settings.sky import Sky
from flatctl.settings.tables import (
    Alpaca,
    Camera,
    Focuser,
    Indi,
    Name,
    Output,
    Rig,
    Rotator,
    Table,
    Wheel,
)
from flatctl.settings.unattended import Dawn, Dusk, Notify


class Settings(Table):
    """A whole configuration file."""

    rig: Rig = Rig()
    indi: Indi = Indi()
    alpaca: Alpaca = Alpaca()
    camera: Camera
    wheel: Wheel | None = None
    rotator: Rotator | None = None
    focuser: Focuser | None = None
    panel: PanelSettings | None = None
    flats: Flats = Flats()
    filters: dict[Name, FilterFlats] = Field(default={})
    """Per filter, any key of [flats] but `filters`; what is left out here is taken from [flats]."""
    dark_flats: DarkFlats = DarkFlats()
    quality: Quality = Quality()
    lights: Lights = Lights()
    output: Output = Field(default_factory=Output)
    sets: Annotated[tuple[WantedSet, ...], Field(strict=False)] = ()
    """Sets of flats, each with a camera setup of its own."""
    sky: Sky | None = None
    mount: Mount | None = None
    dome: Dome | None = None
    weather: Weather | None = None
    dawn: Dawn = Dawn()
    dusk: Dusk = Dusk()
    notify: Notify = Notify()

    _source: Path | None = PrivateAttr(default=None)
    _overrides: tuple[str, ...] = PrivateAttr(default=())
    _light: LightSource | None = PrivateAttr(default=None)

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

    def lit_by(self, light: LightSource | None) -> "Settings":
        """Return these settings with that as the light; `None`: the panel, if there is one.

        Raises `UsageError` where the configuration has no such light.
        """
        if light is not None and getattr(self, light.value) is None:
            raise UsageError(
                f"--light {light.value}: {self.source} has no [{light.value}]; add the table"
            )
        lit = self.model_copy()
        lit._light = light
        return lit

    @property
    def light(self) -> LightSource:
        """What the flats are taken of."""
        usual = LightSource.SKY if self.panel is None else LightSource.PANEL
        return self._light or usual

    def require_panel(self) -> PanelSettings:
        """Return the panel. Raises `ConfigError` where there is none."""
        if self.panel is None:
            raise ConfigError(
                f"{self.source}: there is no [panel], and this needs one; add the table"
            )
        return self.panel
