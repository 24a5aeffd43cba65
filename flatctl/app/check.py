"""`flatctl check`: whether a rig is ready for tonight. Touches nothing but a light that blinks.

A camera that looks at that light stands afterwards as it was found.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import fields, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from flatctl.app.estimate import room_before
from flatctl.app.panel import describe_status
from flatctl.app.wiring.eye import looking, seen_of
from flatctl.app.wiring.findings import CheckLine, finding
from flatctl.app.wiring.notify import look_at_notify
from flatctl.app.wiring.rig import (
    claim_panel,
    devices_of,
    make_connections,
    make_panel,
    make_rule,
    transports_of,
)
from flatctl.app.wiring.sharing import Manners, leave_others_alone, others_use
from flatctl.app.wiring.sky_check import sky_findings
from flatctl.core.nights.plan import describe_setup
from flatctl.core.nights.room import bytes_wanted
from flatctl.core.nights.sun import Site
from flatctl.core.types import CameraSetup, FilterPlan, LightSource
from flatctl.devices.catalog import CAMERAS, CONDITIONS, MOUNTS, PANELS, WHEELS
from flatctl.devices.protocols import Bounded, Camera, CameraState, HandSwitched, LightPanel
from flatctl.devices.transports import Catalogue, Connections, Transport
from flatctl.engine.clock import SystemClock
from flatctl.engine.guard import LampGuard
from flatctl.engine.rig import PANEL_TIMEOUT_S
from flatctl.engine.safety import ASK_S, Rule
from flatctl.engine.stop import StopSignals
from flatctl.errors import ConfigError, DeviceError, ExitCode
from flatctl.outputs.figures import local_time
from flatctl.outputs.sentences.run import light_words
from flatctl.settings.loading import load
from flatctl.settings.models import Settings
from flatctl.settings.plan import plan_flats
from flatctl.settings.unattended import Notify
from flatctl.storage.directory import ensure_writable, free_bytes, in_words
from flatctl.storage.history import History

BLINK_S = 1.0
# No zone of the world is as far from the Sun, in summer either.
_ZONES_APART_H = 4.5
_BY_HAND = "flatctl can't switch or read this light: you switch it on and off"


def check(
    config: Path, *, light: bool = False, wait: bool = False, force: bool = False
) -> Iterator[CheckLine]:
    """Yield what is ready and what is not, and how to fix it.

    Nothing is lit in front of a camera with which another program exposes, but with `wait` or
    `force`.

    Raises `ConfigError` for a configuration that can't be read at all.
    """
    yield from check_settings(load(config), light=light, manners=Manners(wait, force))


def check_settings(
    settings: Settings, *, light: bool = False, manners: Manners | None = None
) -> Iterator[CheckLine]:
    """Yield what is ready and what is not."""
    transports = transports_of(settings)
    yield CheckLine("configuration", True, f"{settings.source or 'it'} is valid")
    yield finding("output", lambda: _output(settings))
    yield finding("history", lambda: _history(settings))
    if (site := settings.rig.site) is not None:
        # It spoils no run: flats are due by the Sun, whatever the clock says.
        found_out = finding("clock", lambda: _clock(site))
        yield replace(found_out, exit_code=ExitCode.COMPLETE)
    if settings.notify != Notify():
        # It spoils no run, so it does not count as one that would end.
        found_out = finding("notify", lambda: look_at_notify(settings))
        yield replace(found_out, exit_code=ExitCode.COMPLETE)
    with make_connections(settings) as connections:
        servers = {transport.server for transport in transports}
        answer = True
        for line in _devices(settings, connections, transports):
            yield line
            answer = answer and (line.ok or line.subject not in servers)
        yield finding("room", lambda: _room(settings, connections))
        if settings.sky is not None:
            plans = _plans(settings, connections)
            yield from sky_findings(settings, connections, plans, servers_answer=answer)
        if settings.panel is None:
            return
        if light:
            yield finding("panel", lambda: _lit(settings, connections, manners or Manners()))
        else:
            yield finding("panel", lambda: _panel(settings, connections))


def _devices(
    settings: Settings, connections: Connections, transports: Sequence[Transport[Any]]
) -> Iterator[CheckLine]:
    """Yield how the devices but the panel are; of a dead server only that it is dead."""
    dead = []
    for transport in transports:
        if transport.server:
            session = connections.of(transport)
            line = finding(transport.server, partial(transport.survey, session, settings))
            yield line
            if not line.ok:
                dead.append(transport)
    for catalogue, device in devices_of(settings):
        if catalogue.transport(settings, device) in dead:
            continue
        if catalogue is MOUNTS and settings.light is LightSource.SKY:
            continue  # it points at the sky, and need not be parked
        if catalogue in CONDITIONS:
            rule = make_rule(settings, connections, catalogue)
            about = partial(catalogue.about, connections, device)
            yield finding("order and safety", partial(_rule, rule, about))
        else:
            look = partial(_present, settings, connections, catalogue, device)
            yield finding(catalogue.role.value, look)
        if catalogue is CAMERAS:
            yield from _camera_limits(settings, connections)
        if catalogue is CAMERAS and settings.wheel is None:
            text = "none configured: one set of flats without a filter name"
            yield CheckLine(WHEELS.role.value, True, text)


def _camera_limits(settings: Settings, connections: Connections) -> Iterator[CheckLine]:
    """Yield what of the settings the camera can't do, else how it stands and what a run sets."""
    subject = "camera settings"
    camera = CAMERAS.build(connections, settings.camera.device)
    if not isinstance(camera, Bounded):
        return
    standing = camera.standing(settings.camera.setup)
    if standing is None:
        yield CheckLine(subject, True, "can be checked once the camera is connected")
        return
    unfit = {
        str(error): error
        for plan in _plans(settings, connections) or (FilterPlan(None),)
        for error in camera.unfit(plan.setup or settings.camera.setup, plan)
    }
    for error in unfit.values():
        text = f"{error.device}: {error.what}"
        yield CheckLine(subject, False, text, error.remedy, error.exit_code)
    if not unfit:
        yield CheckLine(subject, True, _as_it_stands(*standing))


def _as_it_stands(now: CameraState, then: CameraState) -> str:
    """Say how a camera stands, and what a run sets otherwise and puts back."""
    words, after = (describe_setup(_setup_of(state)) for state in (now, then))
    changed = [text for key, text in after.items() if words.get(key) != text]
    text = ", ".join(words.values())
    return f"{text}; a run sets {', '.join(changed)}" if changed else text


def _setup_of(state: CameraState) -> CameraSetup:
    return CameraSetup(**{each.name: getattr(state, each.name) for each in fields(CameraSetup)})


def _plans(settings: Settings, connections: Connections) -> Sequence[FilterPlan]:
    """Return the plans of a run, as far as the wheel can say its slots."""
    try:
        wheel = settings.wheel
        slots = WHEELS.check(connections, wheel.device).slots if wheel else None
        return plan_flats(settings, slots)
    except (ConfigError, DeviceError):  # told where the wheel is looked for
        return plan_flats(settings)


def _output(settings: Settings) -> str:
    directory = settings.output.directory
    ensure_writable(directory)
    return f"{directory} can be written to"


def _room(settings: Settings, connections: Connections) -> str:
    """Compare what the frames of a run need with what is free; frames of tonight are not known."""
    directory = settings.output.directory
    free = f"{in_words(free_bytes(directory))} are free"
    try:
        sensor_px = CAMERAS.check(connections, settings.camera.device).sensor_px
        plans = _plans(settings, connections)
    except (ConfigError, DeviceError):  # told where the device is looked for
        sensor_px, plans = None, ()
    if sensor_px is None or not plans:
        needed, night = room_before(settings)
        if not needed:
            return f"{free}; what the frames need can be said once the camera is connected"
        ensure_writable(directory, needed)
        return f"{free}, the frames of a run need about {in_words(needed)}, as those of {night}"
    needed = bytes_wanted(plans, settings.dark_flats.count, settings.camera.setup, sensor_px)
    ensure_writable(directory, needed)
    return f"{free}, the frames of a run need {in_words(needed)}"


def _clock(site: Site) -> str:
    """Hold the zone of the computer's clock against the site; one set to UTC is meant so."""
    now = SystemClock().now()
    offset_h = (now.astimezone().utcoffset() or timedelta()).total_seconds() / 3600
    apart_h = abs((offset_h - site.longitude_deg / 15 + 12) % 24 - 12)
    if offset_h and apart_h > _ZONES_APART_H:
        raise ConfigError(
            f"the computer's time, {local_time(now)}, is {apart_h:.0f} h from the Sun's at "
            "rig.longitude_deg (east is positive): fix the one or the other (timedatectl "
            "set-timezone); --at and the folder of a night go by the computer's"
        )
    return f"local time is {local_time(now)}"


def _history(settings: Settings) -> str:
    with History(settings.output.history) as history:
        for warning in history.warnings:
            raise ConfigError(warning)
        return f"{settings.output.history}"


def _present(
    settings: Settings, connections: Connections, catalogue: Catalogue[Any], device: str
) -> str:
    there = catalogue.check(connections, device)
    if catalogue is CAMERAS and (used := others_use(settings, connections)):
        raise used
    if catalogue is not WHEELS:
        return there.text
    if there.slots is None:
        return f"{there.text}; its filters can be checked once it is connected"
    plans = plan_flats(settings, there.slots)
    if obstacles := dict.fromkeys(plan.obstacle for plan in plans if plan.obstacle):
        raise ConfigError("; ".join(obstacles))
    filters = dict.fromkeys(
        f"{plan.filter} (for {plan.named})" if plan.named else str(plan.filter) for plan in plans
    )
    return f"{there.text}; flats of {', '.join(filters)}"


def _rule(rule: Rule, about: Callable[[], str]) -> str:
    name, status = rule.condition.name, rule.condition.status(ASK_S)
    if not status.known and rule.policy != "ignore":
        raise DeviceError(name, status.text, "a run would not begin; fix it, or change its policy")
    text = f"{name}: {status.text}"
    if not status.met:
        ends = {"ignore": "would go on anyway", "wait": "would wait", "stop": "would end"}
        text += f"; a run {ends[rule.policy]}"
    return f"{text}{_told(about)}" if status.known else text


def _told(about: Callable[[], str]) -> str:
    """Return what else a device tells of itself, in brackets; nothing where it tells nothing."""
    told = about()
    return f" ({told})" if told else ""


def _lit(settings: Settings, connections: Connections, manners: Manners) -> str:
    panel = make_panel(settings, connections)
    if isinstance(panel, HandSwitched):
        return _BY_HAND
    with claim_panel(settings):
        camera = leave_others_alone(settings, connections, manners)
        try:
            return _blink(panel, camera, settings)
        finally:
            panel.close()


def _panel(settings: Settings, connections: Connections) -> str:
    panel = make_panel(settings, connections)
    if isinstance(panel, HandSwitched):
        return _BY_HAND
    with claim_panel(settings):
        try:
            steps = panel.open(PANEL_TIMEOUT_S)
            text = f"{panel.name}: {describe_status(panel.status(PANEL_TIMEOUT_S), steps)}"
            row = PANELS[settings.require_panel().kind]
            return text + _told(partial(row.about, settings, connections))
        finally:
            panel.close()


def _blink(panel: LightPanel, camera: Camera, settings: Settings) -> str:
    """Light the panel for a moment, and say what the camera sees of it, where that can be had."""
    signals, clock, settle_s = StopSignals(), SystemClock(), settings.require_panel().settle_s
    level_adu: Callable[[], float] | None = None
    lit_adu, unseen = 0.0, ""
    with signals.installed(), ExitStack() as seeing:
        try:
            level_adu = seeing.enter_context(looking(camera, settings))
        except DeviceError as error:
            unseen = f"; not looked at through the camera ({error.device}: {error.what})"
        guard = LampGuard(panel, clock=clock, signals=signals, timeout_s=PANEL_TIMEOUT_S)
        with guard as steps:
            panel.set_brightness(steps[len(steps) // 2], PANEL_TIMEOUT_S)
            shone = describe_status(panel.status(PANEL_TIMEOUT_S), steps)
            clock.sleep(settle_s if level_adu else BLINK_S)
            lit_adu = level_adu() if level_adu else 0.0
        clock.sleep(settle_s if level_adu else 0.0)
        seen = seen_of(panel.name, level_adu(), lit_adu) if level_adu else unseen
    return f"{panel.name}: blinked ({shone}), {light_words(guard.light)} again{seen}"
