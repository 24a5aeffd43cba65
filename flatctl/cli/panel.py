"""`flatctl panel`: the panel by hand."""

from enum import StrEnum
from typing import Annotated

import typer

from flatctl.cli.arguments import Config
from flatctl.errors import UsageError

EXAMPLES = (
    "flatctl panel rig.toml status",
    "flatctl panel rig.toml set 128",
    "flatctl panel rig.toml off",
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
    action: Annotated[Action, typer.Argument(metavar="ACTION", help="What it is to do.")],
    value: Annotated[
        int | None, typer.Argument(min=0, metavar="N", help="Brightness in the panel's own steps.")
    ] = None,
) -> None:
    """Drive the panel by hand.

    Its light, its cover if it has one, or ask how it stands.
    """
    if (action is Action.SET) != (value is not None):
        raise UsageError(
            "panel: `set` needs a brightness: flatctl panel CONFIG set 128"
            if value is None
            else f"panel: `{action}` takes no number; brightness is: flatctl panel CONFIG set N"
        )
    from flatctl import app
    from flatctl.cli.screen import Screen

    Screen().line(app.panel(config, str(action), value))
