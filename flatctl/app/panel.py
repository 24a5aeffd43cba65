"""`flatctl panel`: the panel by hand."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from flatctl.app.wiring.journal import note_by_hand
from flatctl.app.wiring.rig import claim_panel, describe_panel, make_connections, make_panel
from flatctl.app.wiring.sharing import Manners, disturbed, leave_others_alone
from flatctl.app.wiring.slow import SlowWords
from flatctl.app.wiring.watcher import watched
from flatctl.core.types import Light
from flatctl.devices.protocols import (
    Considerate,
    Cover,
    HandSwitched,
    LightPanel,
    PanelStatus,
)
from flatctl.engine.clock import Clock, SystemClock
from flatctl.engine.guard import light_of
from flatctl.engine.rig import PANEL_TIMEOUT_S
from flatctl.engine.stop import StopSignals
from flatctl.errors import DeviceError, FlatctlError, LightUnknown, Stopped, UsageError
from flatctl.settings.loading import load
from flatctl.settings.models import Settings

HARMLESS = ("off", "status")
Note = Callable[[str, Callable[[], None], int | None], None]


def _just_do(_name: str, call: Callable[[], None], _value: int | None) -> None:
    call()


def panel(
    config: Path,
    action: str,
    value: int | None,
    *,
    wait: bool = False,
    force: bool = False,
    for_s: float | None = None,
    tell: Callable[[str], None] = lambda _text: None,
    clock: Clock | None = None,
) -> str:
    """Control the panel by hand and return its state afterwards.

    Nothing is lit or moved in front of a camera with which another program exposes, but with
    `wait` or `force`.

    `action` is one of on, off, set, open, close, status; `value` the brightness of `set` in the
    panel's own steps. With `for_s` a light stays on for so many seconds and is put out again: its
    state is handed to `tell` once it shines. A light that was being lit when a signal came is put
    out. Raises `UsageError` for what this panel can't do, `Busy` during a run, `Stopped` after a
    signal, and instead of these and of a `DeviceError` `LightUnknown` where the light is not off
    then.
    """
    manners = Manners(wait, force)
    settings = load(config)
    settings.require_panel()
    signals = StopSignals()
    with (
        signals.installed(),
        claim_panel(settings),
        watched(config, wanted=for_s is not None) as watcher,
        make_connections(settings) as connections,
        SlowWords(connections.say, f"busy with the panel ({action})"),
    ):
        if action not in HARMLESS:
            leave_others_alone(settings, connections, manners)
        light = make_panel(settings, connections)
        if isinstance(light, Considerate) and not force:
            light.disturbs = partial(disturbed, settings, connections)
        if isinstance(light, HandSwitched):
            if action == "status":
                return f"{light.name}: flatctl can't switch or read this light"
            raise UsageError(f"{light.name}: flatctl can't switch this light: switch it yourself")
        hand = Hand(settings, light, signals)
        opened = False
        try:
            steps = light.open(PANEL_TIMEOUT_S)
            opened = True
            if action == "on":
                start = settings.flats.brightness.start
                hand.shine(steps, _last_brightness(light, steps, start))
            else:
                hand.do(action, value, steps)
            if for_s is not None:
                try:
                    tell(_standing(light, steps))
                    _note(settings, light)
                    (clock or SystemClock()).sleep(for_s)
                finally:
                    with signals.held():
                        hand.go_dark()
                        watcher.dark()
            return _standing(light, steps)
        except (DeviceError, Stopped) as ending:
            with signals.held():
                error = _as_left(ending, light, opened=opened)
            if error is ending:
                raise
            raise error from ending
        finally:
            if opened and action != "status":
                with signals.held():
                    _note(settings, light)
            light.close()


def _note(settings: Settings, light: LightPanel) -> None:
    """Write down how a panel was left, for whoever looks on: by its own word."""
    lit, brightness, cover = Light.UNKNOWN, None, None
    with suppress(DeviceError):
        status = light.status(PANEL_TIMEOUT_S)
        lit, brightness = light_of(status), status.brightness
        if isinstance(light, Cover) and light.has_cover:
            cover = light.cover_state(PANEL_TIMEOUT_S).value
    note_by_hand(settings, lit, brightness if lit is Light.ON else None, cover)


def _as_left(
    ending: DeviceError | Stopped, light: LightPanel, *, opened: bool
) -> FlatctlError | Stopped:
    """Return what to end with where something ended early: whether the light is off comes first."""
    state = Light(ending.light) if ending.light else Light.UNKNOWN
    if opened:
        with suppress(DeviceError):
            state = light_of(light.status(PANEL_TIMEOUT_S))
    if state in (Light.OFF, Light.COMMANDED_OFF):
        ending.light = state
        return ending
    return LightUnknown(light.name, state, [ending])


class Hand:
    """A panel driven by hand; `note` does each call to it, and may write it down."""

    def __init__(
        self, settings: Settings, panel: LightPanel, signals: StopSignals, note: Note = _just_do
    ) -> None:
        self._settings = settings
        self._panel = panel
        self._signals = signals
        self._note = note

    def do(self, action: str, value: int | None, steps: range) -> None:
        """Do what `flatctl.app.panel` can be asked for, but `on` and `status`."""
        match action:
            case "set" if value is not None:
                self.shine(steps, value)
            case "off":
                self.go_dark()
            case "open" | "close":
                self._move(action)

    def shine(self, steps: range, brightness: int) -> None:
        """Light it; a light that was being lit when a signal came is put out.

        Raises `UsageError` where the configured panel, of these steps, has no such brightness.
        """
        if brightness not in steps:
            raise UsageError(
                f"{describe_panel(self._settings)}: brightness {brightness} is outside its range, "
                f"{steps[0]} to {steps[-1]}"
            )
        set_brightness = partial(self._panel.set_brightness, brightness, PANEL_TIMEOUT_S)
        try:
            self._note("set_brightness", set_brightness, brightness)
        except Stopped:
            with self._signals.held(), suppress(DeviceError):
                self.go_dark()
            raise

    def go_dark(self) -> None:
        """Put the light out."""
        self._note("light_off", partial(self._panel.light_off, PANEL_TIMEOUT_S), None)

    def _move(self, action: str) -> None:
        panel = self._panel
        if not (isinstance(panel, Cover) and panel.has_cover):
            raise UsageError(f"{panel.name}: this panel has no cover")
        move = panel.open_cover if action == "open" else panel.close_cover
        self._note(f"{action}_cover", partial(move, PANEL_TIMEOUT_S), None)


def _last_brightness(light: LightPanel, steps: range, start: float) -> int:
    """Return what it shone at last, or the configured start where that was nothing."""
    last = light.status(PANEL_TIMEOUT_S).brightness
    return last if last and last in steps else steps[round(start * (len(steps) - 1))]


def _standing(light: LightPanel, steps: range) -> str:
    text = f"{light.name}: {describe_status(light.status(PANEL_TIMEOUT_S), steps)}"
    if isinstance(light, Cover) and light.has_cover:
        text += f", cover {light.cover_state(PANEL_TIMEOUT_S).value}"
    return text


def describe_status(status: PanelStatus, steps: range) -> str:
    """Return the state of a light in a few words."""
    words = {True: "light on", False: "light off", None: "light unknown"}
    text = words[status.lit]
    if status.brightness is not None:
        text += f", brightness {status.brightness} of {steps[-1]}"
    return text if status.confirmed else f"{text} (unconfirmed)"
