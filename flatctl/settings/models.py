"""The configuration file as a whole."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import Field, PrivateAttr

from flatctl.core.types import FilterPlan
from flatctl.settings.panels import PanelSettings
from flatctl.settings.plan import plan_flats
from flatctl.settings.tables import (
    Camera,
    DarkFlats,
    FilterFlats,
    Flats,
    Indi,
    Name,
    Output,
    Rig,
    Table,
    Wheel,
)


class Settings(Table):
    """A whole configuration file."""

    rig: Rig = Rig()
    indi: Indi = Indi()
    camera: Camera
    wheel: Wheel | None = None
    panel: PanelSettings
    flats: Flats = Flats()
    filters: dict[Name, FilterFlats] = Field(
        default={},
        description="Per filter, any key of [flats] but `filters`; "
        "what is absent here is taken from [flats].",
    )
    dark_flats: DarkFlats = DarkFlats()
    output: Output = Field(default_factory=Output)

    _source: Path | None = PrivateAttr(default=None)

    def read_from(self, path: Path) -> "Settings":
        """Remember the file, so that later complaints can name it; return itself."""
        self._source = path
        return self

    @property
    def source(self) -> Path | None:
        """The file it was read from."""
        return self._source

    def plan(
        self,
        slots: Sequence[str] | None = None,
        *,
        only: Sequence[str] = (),
        count: int | None = None,
    ) -> tuple[FilterPlan, ...]:
        """Return the flats wanted, filter by filter, in the order of the configuration.

        `slots` are the wheel's names, or `None` while the wheel has not been asked: the result is
        then empty where the configuration wants every slot. A rig without a wheel gets one plan
        whose `filter` is `None`. `only` and `count` are what the command line asks for instead.

        Raises `ConfigError` for a filter of the configuration that is not in the wheel,
        `UsageError` for one of `only`.
        """
        return plan_flats(self, slots, only=only, count=count)
