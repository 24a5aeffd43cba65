"""`flatctl panel CONFIG --record FILE`: the dialogue with a panel, written down as a test."""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import flatctl
from flatctl.app.panel import HARMLESS, Hand
from flatctl.app.wiring.rig import claim_panel, make_connections, make_panel
from flatctl.app.wiring.sharing import Manners, leave_others_alone
from flatctl.devices.protocols import LightPanel
from flatctl.devices.serial.recorder import Recorder
from flatctl.devices.serial.tap import tapping
from flatctl.engine.rig import PANEL_TIMEOUT_S
from flatctl.engine.stop import StopSignals
from flatctl.errors import DeviceError, UsageError
from flatctl.settings.loading import load
from flatctl.settings.models import Settings
from flatctl.settings.panels import CoverOptions, SerialOptions
from flatctl.storage.atomic import write_text

# Where the panel is, and how patient one was: that is of this computer, not of the panel.
_NOT_THE_PANELS = {"port", "boot_delay_s", *CoverOptions.model_fields}


def record(
    config: Path,
    file: Path,
    action: str | None,
    value: int | None,
    *,
    wait: bool = False,
    force: bool = False,
) -> str:
    """Drive the panel by hand, or through a round of all its light can do, and write that down.

    Without an `action` the light is stepped through its range and put out; with one (see
    `flatctl.app.panel`) that alone is done. The file is written whatever the panel does.

    Raises `UsageError` where there is no serial line, or the file exists or has no folder, the
    panel's own `DeviceError` after the file was written, `StorageError` where it can't be.
    """
    manners = Manners(wait, force)
    settings = load(config)
    options = settings.require_panel()
    if not isinstance(options, SerialOptions):
        raise UsageError(f"{config}: only a panel on a serial line can be recorded")
    if file.exists():
        raise UsageError(f"{file}: exists already; name another file")
    if not file.parent.is_dir():
        raise UsageError(f"{file}: there is no such folder")
    recorder, signals = Recorder(), StopSignals()
    failure: DeviceError | None = None
    with signals.installed(), claim_panel(settings), make_connections(settings) as connections:
        if action not in HARMLESS:
            leave_others_alone(settings, connections, manners)
        with tapping(recorder):
            panel = make_panel(settings, connections)
        try:
            _Round(settings, panel, recorder, signals).do(action, value)
        except DeviceError as error:
            failure = error
        finally:
            about = (
                f"{datetime.now(UTC):%Y-%m-%d}, flatctl {flatctl.__version__}: say here which "
                "panel this is, and what it did beside what it should do"
            )
            write_text(file, recorder.to_json(options.kind, about, _own(options)))
    if failure is not None:
        remedy = f"{failure.remedy}; what was said is in {file}".removeprefix("; ")
        raise type(failure)(failure.device, failure.what, remedy) from failure
    return f"{file}: {len(recorder.exchanges)} exchanges with the {panel.name}"


def _own(options: SerialOptions) -> dict[str, object]:
    """Return the options that are the panel's own; of a second port only that there is one."""
    own = options.model_dump(exclude=_NOT_THE_PANELS)
    return {
        key: "a port" if value and key.endswith("_port") else value for key, value in own.items()
    }


class _Round:
    """What is done with a panel while it is recorded."""

    def __init__(
        self, settings: Settings, panel: LightPanel, recorder: Recorder, signals: StopSignals
    ) -> None:
        self._panel = panel
        self._note = recorder.note
        self._signals = signals
        self._hand = Hand(settings, panel, signals, recorder.note)

    def do(self, action: str | None, value: int | None) -> None:
        """Open it, do what is wanted and let go of it; go on where something fails, then raise."""
        try:
            steps = self._note("open", lambda: self._panel.open(PANEL_TIMEOUT_S))
            match action:
                case None:
                    self._tour(steps)
                case "on":
                    self._hand.shine(steps, steps[len(steps) // 2])
                case _:
                    self._hand.do(action, value, steps)
            self._status()
        finally:
            self._panel.close()

    def _tour(self, steps: range) -> None:
        failures = []
        try:
            self._status()
            for step in sorted({steps[0], steps[len(steps) // 2], steps[-1]}):
                try:
                    self._hand.shine(steps, step)
                except DeviceError as error:
                    failures.append(error)
        finally:
            with self._signals.held():
                self._hand.go_dark()
        if failures:
            raise failures[0]

    def _status(self) -> None:
        with suppress(DeviceError):
            self._note("status", lambda: self._panel.status(PANEL_TIMEOUT_S))
