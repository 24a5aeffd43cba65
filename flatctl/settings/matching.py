"""Which of the flats that the lights need a configuration can take, and what is missing."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace

from pydantic import ValidationError

from flatctl.core.nights.filters import says_no_filter, slot_meant
from flatctl.core.nights.plan import FlatSet, LightFrame
from flatctl.core.types import MODES
from flatctl.settings.flats import WantedSet
from flatctl.settings.messages.problems import suggestion
from flatctl.settings.models import Settings


@dataclass(frozen=True)
class Match:
    """A set of flats, and the table of the configuration that takes it.

    `obstacle` says what is missing where there is no such table; `notes` are what to know besides.
    With `shared`, an earlier set has the same table, so that its flats serve these lights too.
    """

    wanted: FlatSet
    table: WantedSet | None
    obstacle: str = ""
    notes: tuple[str, ...] = ()
    shared: bool = False


def match_sets(
    settings: Settings, sets: Sequence[FlatSet], slots: Sequence[str] | None = None
) -> list[Match]:
    """Match each set with what the configuration can do.

    A device that is not configured stays where it is: what it does matters only where the lights
    were not all alike in it. `slots` are the wheel's names, `None` where nobody has asked it; the
    filters that the configuration lists come before them.
    """
    fixed = _Fixed(settings, sets, slots)
    matches: list[Match] = []
    for one in sets:
        match = _match(settings, one, fixed)
        taken = [earlier.table for earlier in matches if earlier.table is not None]
        matches.append(replace(match, shared=match.table in taken))
    return matches


class _Fixed:
    """What no device of the configuration moves: whether the lights were all alike in it."""

    def __init__(
        self, settings: Settings, sets: Sequence[FlatSet], slots: Sequence[str] | None
    ) -> None:
        self._sets = sets
        self.names = settings.flats.filters or slots
        self.listed = settings.flats.filters is not None
        self.filter = settings.wheel is None
        self.rotator = settings.rotator is None
        self.focuser = settings.focuser is None
        self.modes = tuple(mode for mode in MODES if self._is_fixed(settings, mode))
        self.frame = max((_area(one.like) for one in sets), default=0)

    def _is_fixed(self, settings: Settings, mode: str) -> bool:
        """Say whether nobody sets a mode: each program has its own names for them."""
        configured = getattr(settings.camera, mode) is not None
        return not configured and not self.differ(lambda light: getattr(light.setup, mode))

    def differ(self, fact: Callable[[LightFrame], object]) -> bool:
        """Say whether the lights were taken with more than one of something."""
        return len({fact(one.like) for one in self._sets}) > 1


def _match(settings: Settings, wanted: FlatSet, fixed: _Fixed) -> Match:
    like = wanted.like
    slot = _slot(settings, like.filter, fixed.names)
    notes = tuple(_notes(like, slot, fixed))
    obstacle = "; ".join(_obstacles(like, slot, fixed))
    if obstacle:
        return Match(wanted, None, obstacle, notes)
    steps = None if fixed.focuser else like.focuser_steps
    figures = {
        "filter": None if fixed.filter else slot,
        **asdict(like.setup),
        **dict.fromkeys(fixed.modes),
        "rotator_deg": None if fixed.rotator else like.rotator_deg,
        "focuser_steps": None if steps is None else round(steps),
    }
    try:
        known = {key: value for key, value in figures.items() if value is not None}
        return Match(wanted, WantedSet.model_validate(known), notes=notes)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        return Match(wanted, None, f"{where} of its lights can't be: {first['input']}", notes)


def _slot(settings: Settings, light_filter: str | None, names: Sequence[str] | None) -> str | None:
    """Return the name under which flats of a light's filter can be had, `None` without one."""
    if light_filter is None:
        # Wheels have slots without glass, and programs say of their lights that they have none.
        open_slots = [name for name in names or () if says_no_filter(name)]
        return open_slots[0] if len(open_slots) == 1 else None
    aliases = settings.wheel.names if settings.wheel else {}
    if names is None:
        return aliases.get(light_filter, light_filter)
    return slot_meant(light_filter, names, aliases)


def _obstacles(like: LightFrame, slot: str | None, fixed: _Fixed) -> Iterator[str]:
    if fixed.filter:
        if fixed.differ(lambda light: light.filter):
            yield "the lights have several filters and there is no [wheel]"
    elif slot is None and like.filter is None:
        yield "its lights don't say their filter (FILTER)"
    elif slot is None and like.filter is not None:
        names = fixed.names or ()
        meant = suggestion(like.filter, names)
        where = "flats.filters has" if fixed.listed else "the wheel has"
        hint = f"is it {meant!r}? It has" if meant else "it has"
        yield f"{where} no {like.filter!r}: {hint} {', '.join(names)}"
    if fixed.rotator and fixed.differ(lambda light: light.rotator_deg):
        yield "the lights have several rotator angles and there is no [rotator]"


def _notes(like: LightFrame, slot: str | None, fixed: _Fixed) -> Iterator[str]:
    if not fixed.filter and slot is not None and slot != like.filter:
        yield f"taken for the wheel's filter {slot!r}"
    if fixed.rotator and like.rotator_deg is not None:
        yield f"no [rotator]: it has to stand at {like.rotator_deg:g}°"
    if fixed.focuser and like.focuser_steps is not None:
        yield f"no [focuser]: it has to stand near {like.focuser_steps:g}, as for the lights"
    for mode in fixed.modes:
        if (stood := getattr(like.setup, mode)) is not None:
            yield f"no camera.{mode}: the lights had {stood!r}"
    if _area(like) < fixed.frame:
        yield "the lights are cut out of the frame; flats are whole frames"


def _area(light: LightFrame) -> int:
    """Return how many pixels of the sensor it covers, those lost to binning left out."""
    cols, rows = light.size_px
    bins = light.setup.binning
    # Sizes that binning doesn't divide lose up to a row and a column of bins.
    return (cols * bins // 16) * (rows * bins // 16)
