"""What the tables about the Sun and the sky must hold together, beyond each key on its own."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from flatctl.core.pointing.target import NULL_ALT_DEG
from flatctl.settings.messages.problems import Problem
from flatctl.settings.observatory import Mount
from flatctl.settings.sky import Sky
from flatctl.settings.tables import Rig, Table
from flatctl.settings.unattended import PANEL_SUN_DEG, Dawn, Dusk

T = TypeVar("T", bound=Table)

_ALT_DEG = {"null": NULL_ALT_DEG, "zenith": 90.0}


def sky_contradictions(tables: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what contradicts itself in the tables about Sun and sky that are readable."""
    sky = _read(Sky, tables, "sky") if "sky" in tables else None
    if sky is None and "sky" not in tables and "panel" not in tables:
        text = "the table [panel] is missing; or add [sky], if the twilight sky is the light"
        yield Problem(("panel",), text)
    if sky is not None:
        yield from _site(tables)
        yield from _pointed(sky, _read(Mount, tables, "mount"), tables)
        yield from _trails(sky)
        yield from _filters(sky, tables)
        low_deg, high_deg = sky.sun_altitude_deg
        if low_deg >= high_deg:
            yield Problem(
                ("sky", "sun_altitude_deg"),
                "the first is not below the second; the lower one comes first",
                list(sky.sun_altitude_deg),
            )
    yield from _dawn(_read(Dawn, tables, "dawn"), sky, tables)
    yield from _dusk(_read(Dusk, tables, "dusk"), sky, tables)
    for name in ("dawn", "dusk"):
        yield from _fallback(name, tables)


def _read(model: type[T], tables: Mapping[str, Any], name: str) -> T | None:
    """Return a table, with its defaults where it is not there; None where it can't be read."""
    try:
        return model.model_validate(tables.get(name, {}))
    except ValidationError:
        return None


def _site(tables: Mapping[str, Any]) -> Iterator[Problem]:
    rig = _read(Rig, tables, "rig")
    if rig is not None and rig.site is None:
        missing = "latitude_deg" if rig.latitude_deg is None else "longitude_deg"
        text = "missing; with [sky] flatctl has to know where the Sun stands: add the site"
        yield Problem(("rig", missing), text)


def _pointed(sky: Sky, mount: Mount | None, tables: Mapping[str, Any]) -> Iterator[Problem]:
    """See that what is to be pointed can be, and is not pointed low."""
    if sky.position == "stay":
        if sky.end == "park" and (mount is None or not mount.move):
            text = "needs mount.move = true: a mount that may not be moved is not parked either"
            yield Problem(("sky", "end"), text, sky.end)
        return
    by_hand = 'or point the telescope up by hand and set position = "stay"'
    if "mount" not in tables:
        text = f"needs a mount: add [mount] with its device and move = true, {by_hand}"
        yield Problem(("sky", "position"), text, _shown(sky))
    elif mount is not None and not mount.move:
        text = f"needs a mount that may be moved: set mount.move = true, {by_hand}"
        yield Problem(("sky", "position"), text, _shown(sky))
    position = sky.position
    alt_deg = _ALT_DEG[position] if isinstance(position, str) else position[0]
    if alt_deg < sky.horizon_deg:
        text = f"is {alt_deg:g}° high, below horizon_deg, {sky.horizon_deg:g}; point higher"
        yield Problem(("sky", "position"), text, _shown(sky))


def _trails(sky: Sky) -> Iterator[Problem]:
    """See that no star stands still from frame to frame."""
    if sky.tracking == "off":
        return
    text = "stars would stand still from frame to frame: "
    if sky.position == "stay":
        yield Problem(("sky", "tracking"), f'{text}with position = "stay" set "off"', sky.tracking)
    elif not sky.dither_arcsec:
        remedy = 'with tracking = "on" choose more than 0, or set tracking = "off"'
        yield Problem(("sky", "dither_arcsec"), f"{text}{remedy}", sky.dither_arcsec)


def _filters(sky: Sky, tables: Mapping[str, Any]) -> Iterator[Problem]:
    names = sky.filters or ()
    for name in dict.fromkeys(n for n in names if names.count(n) > 1):
        yield Problem(("sky", "filters"), f"{name!r} stands in it twice; once is enough")
    if names and "wheel" not in tables:
        remedy = "needs a wheel; add [wheel] with its device, or take this out"
        yield Problem(("sky", "filters"), remedy, list(names))


def _dawn(dawn: Dawn | None, sky: Sky | None, tables: Mapping[str, Any]) -> Iterator[Problem]:
    if dawn is None or dawn.latest_sun_altitude_deg is None:
        return
    opens_deg = dawn.sun_altitude_deg
    if opens_deg is None:
        opens_deg = sky.sun_altitude_deg[0] if sky and "panel" not in tables else PANEL_SUN_DEG
    if dawn.latest_sun_altitude_deg <= opens_deg:
        text = f"not above sun_altitude_deg, {opens_deg:g}; flats would never begin"
        yield Problem(("dawn", "latest_sun_altitude_deg"), text, dawn.latest_sun_altitude_deg)


def _dusk(dusk: Dusk | None, sky: Sky | None, tables: Mapping[str, Any]) -> Iterator[Problem]:
    if dusk is None or dusk.latest_sun_altitude_deg is None:
        return
    opens_deg = dusk.sun_altitude_deg
    if opens_deg is None:
        opens_deg = sky.sun_altitude_deg[1] if sky and "panel" not in tables else PANEL_SUN_DEG
    if dusk.latest_sun_altitude_deg >= opens_deg:
        text = f"not below sun_altitude_deg, {opens_deg:g}; flats would never begin"
        yield Problem(("dusk", "latest_sun_altitude_deg"), text, dusk.latest_sun_altitude_deg)


def _fallback(name: str, tables: Mapping[str, Any]) -> Iterator[Problem]:
    table = tables.get(name)
    if not isinstance(table, Mapping) or table.get("fallback") != "sky":
        return
    missing = [f"[{light}]" for light in ("panel", "sky") if light not in tables]
    if missing:
        text = f"there is no {' and no '.join(missing)}; it stands in for a panel by the sky"
        yield Problem((name, "fallback"), text, "sky")


def _shown(sky: Sky) -> object:
    return list(sky.position) if isinstance(sky.position, tuple) else sky.position
