"""`flatctl panel`: the panel by hand."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from flatctl.cli.arguments import Config, Force, Wait
from flatctl.errors import UsageError

EXAMPLES = (
    "flatctl panel rig.toml status",
    "flatctl panel rig.toml set 128",
    "flatctl panel rig.toml on --for 600",
    "flatctl panel rig.toml off",
    "flatctl panel rig.toml --record my-panel.json",
)


class Action(StrEnum):
    """What a panel can be asked to do."""

    ON = "on"
    OFF = "off"
    SET = "set"
    OPEN = "open"
    CLOSE = "close"
    STATUS = "status"


def panel(
    config: Config,
    action: Annotated[
        Action | None,
        typer.Argument(metavar="ACTION", help="on, off, set N, open, close or status."),
    ] = None,
    value: Annotated[
        int | None, typer.Argument(min=0, metavar="N", help="Brightness in the panel's own steps.")
    ] = None,
    *,
    record: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Record the serial traffic for a bug report; without ACTION the light runs "
            "through its range.",
        ),
    ] = None,
    for_s: Annotated[
        float | None,
        typer.Option(
            "--for",
            min=1,
            max=86400,
            metavar="SECONDS",
            help="Put the light out again after so long; with on or set N.",
        ),
    ] = None,
    wait: Wait = False,
    force: Force = False,
) -> None:
    """Control the panel by hand.

    Switches the light, moves the cover, or shows the current state.
    """
    if (action is Action.SET) != (value is not None):
        raise UsageError(
            "panel: `set` needs a brightness: flatctl panel CONFIG set 128"
            if value is None
            else f"panel: `{action}` takes no number; for brightness: flatctl panel CONFIG set N"
        )
    if for_s is not None and (record is not None or action not in (Action.ON, Action.SET)):
        raise UsageError("panel: --for goes with on or set: flatctl panel CONFIG on --for 600")
    if action is None and record is None:
        raise UsageError(f"panel: no action given; one of {', '.join(Action)}")
    from flatctl.app import panel as app
    from flatctl.app import record as recording
    from flatctl.cli.screen import Screen

    if record is not None:
        text = recording.record(
            config, record, action and str(action), value, wait=wait, force=force
        )
    else:
        text = app.panel(
            config,
            str(action),
            value,
            wait=wait,
            force=force,
            for_s=for_s,
            tell=Screen().line,
        )
    Screen().line(text)
