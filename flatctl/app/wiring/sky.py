"""From a configuration to the twilight sky as the light of a run. Nothing is touched yet."""

from datetime import datetime, timedelta

from flatctl.app.wiring.dawn_wait import local
from flatctl.app.wiring.due import sky_window
from flatctl.app.wiring.journal import all_journals
from flatctl.app.wiring.sharing import disturbed
from flatctl.core.nights.sun import Site, rises, sun_altitude_deg
from flatctl.core.pointing.target import Limits
from flatctl.devices.catalog import MOUNTS
from flatctl.devices.transports import Connections
from flatctl.engine.clock import Clock
from flatctl.engine.job import SkyJob
from flatctl.engine.sky.pointing import SkyPointing
from flatctl.engine.sky.pointing_plan import PointingPlan
from flatctl.errors import ConfigError, UnsafeError
from flatctl.settings.models import Settings
from flatctl.settings.observatory import Mount
from flatctl.settings.sky import Sky

# A run waits so long for the Sun by itself.
SOON = timedelta(minutes=30)


def make_sky(settings: Settings, connections: Connections, clock: Clock, *, dawn: bool) -> SkyJob:
    """Return the sky as the light, at dawn or at dusk, with the mount that points there."""
    sky, site = sky_of(settings)
    pointing = None
    if settings.mount is not None:
        mount = MOUNTS.build(connections, settings.mount.device)
        mount.may_move = settings.mount.move
        pointing = SkyPointing(mount, site, clock, pointing_plan(sky, settings.mount))
    return SkyJob(
        dawn,
        site,
        sky.sun_altitude_deg,
        pointing,
        join_days=sky.join_days,
        max_wobble=sky.max_wobble,
        min_frames=sky.min_frames,
    )


def is_dawn(settings: Settings, now: datetime) -> bool:
    """Say which twilight is meant: the one that is now, else the one that comes next."""
    sky, site = sky_of(settings)
    low_deg, high_deg = sky.sun_altitude_deg
    height_deg = sun_altitude_deg(now, site)
    return rises(now, site) if low_deg <= height_deg <= high_deg else height_deg < low_deg


def is_due(settings: Settings, now: datetime, *, dawn: bool) -> bool:
    """Say whether the Sun is, or is about to be, where flats of the sky are taken."""
    sky, site = sky_of(settings)
    window = sky_window(sky, site, now, dawn=dawn)
    return window is not None and window.opens - now <= SOON


def ensure_due(settings: Settings, now: datetime) -> None:
    """Raise `UnsafeError` where the Sun is not about to be where flats of the sky are taken."""
    dawn = is_dawn(settings, now)
    if is_due(settings, now, dawn=dawn):
        return
    sky, site = sky_of(settings)
    window = sky_window(sky, site, now, dawn=dawn)
    low_deg, high_deg = sky.sun_altitude_deg
    stands = f"the Sun is at {sun_altitude_deg(now, site):.1f}°"
    wanted = f"flats of the sky are taken between {low_deg:g}° and {high_deg:g}°"
    if window is None:
        raise UnsafeError(f"{stands} and {wanted}, where it does not come: see [sky]")
    command = f"flatctl {'dawn' if dawn else 'dusk'} {settings.source}"
    raise UnsafeError(
        f"{stands}, and {wanted}, from {local(window.opens)} on: {command} waits for it"
    )


def leave_mount(settings: Settings, connections: Connections, clock: Clock) -> str:
    """Leave the mount as a run would have that was killed; return what to tell of it.

    Nothing is done, nor told, where no run left it: others move it as well. Nor is it touched while
    another program exposes. Raises `DeviceError`
    where it does not obey.
    """
    left = [
        journal
        for journal in all_journals()
        if journal.rig == settings.rig.name and journal.holder is None and journal.left_mount
    ]
    if not left or settings.mount is None or not settings.mount.move:
        return ""
    if used := disturbed(settings, connections):
        return f"; {settings.mount.device} is left as it is: {used.device} {used.what}"
    pointing = make_sky(settings, connections, clock, dawn=True).pointing
    if pointing is not None:
        pointing.end()
    for journal in left:
        journal.see_to()
    ended = "parked" if settings.sky and settings.sky.end == "park" else "tracking off"
    return f"; {settings.mount.device}: {ended}"


def sky_of(settings: Settings) -> tuple[Sky, Site]:
    """Return how flats of the sky are to be taken, and where.

    Raises `ConfigError` where the configuration does not say so.
    """
    if settings.sky is None or settings.rig.site is None:
        raise ConfigError(f"{settings.source}: flats of the sky need [sky] and the site of [rig]")
    return settings.sky, settings.rig.site


def pointing_plan(sky: Sky, mount: Mount) -> PointingPlan:
    """Return where to point, and how."""
    return PointingPlan(
        position=sky.position,
        limits=Limits(sky.sun_distance_deg, sky.moon_distance_deg, sky.horizon_deg),
        tracking=sky.tracking == "on",
        dither_arcsec=sky.dither_arcsec,
        repoint_s=sky.repoint_s,
        slew_s=mount.slew_s,
        park_at_end=sky.end == "park",
    )
