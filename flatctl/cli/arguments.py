"""Arguments and options that several commands share."""

import inspect
from collections.abc import Callable
from datetime import datetime, time
from functools import wraps
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from flatctl.core.types import LightSource

Config = Annotated[Path, typer.Argument(metavar="CONFIG", help="The rig's configuration file.")]
Host = Annotated[str, typer.Option(metavar="HOST", help="Where the INDI server runs.")]
Port = Annotated[int, typer.Option(min=1, max=65535, metavar="PORT", help="Its TCP port.")]


class Server(NamedTuple):
    """Where a server is."""

    host: str
    port: int


def _server(text: str) -> Server:
    from flatctl.settings.alpaca import parse_place

    try:
        return Server(*parse_place(text))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


Alpaca = Annotated[
    list[Server] | None,
    typer.Option(
        "--alpaca",
        parser=_server,
        metavar="HOST:PORT",
        help="An Alpaca server that is not found by itself; may be repeated.",
    ),
]
Filters = Annotated[
    list[str] | None,
    typer.Option("--filter", metavar="NAME", help="Only this filter; may be repeated."),
]
Count = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Flats per filter (default: the configuration's)."),
]
Output = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Where files go (default: the configuration's folder)."),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print what it would do and when; touch nothing.")
]
Resume = Annotated[
    bool, typer.Option(help="Keep flats already taken tonight and take only what is missing.")
]
Exposure = Annotated[
    float | None,
    typer.Option(
        min=1e-6, max=86400, metavar="S", help="This exposure in seconds, instead of a search."
    ),
]
Brightness = Annotated[
    int | None,
    typer.Option(min=0, metavar="N", help="This step of the panel, instead of a search."),
]
Light = Annotated[
    LightSource | None,
    typer.Option(
        "--light",
        metavar="sky|panel",
        help="What shines (default: the one configured; of two the panel).",
    ),
]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until no other program uses the camera.")]
Force = Annotated[
    bool,
    typer.Option("--force", help="Take the camera, though another program exposes with it."),
]
Json = Annotated[bool, typer.Option("--json", help="Events on stdout, one JSON object per line.")]
Folder = Annotated[
    Path, typer.Argument(metavar="DIR", help="Folder of flats, subfolders included.")
]

Log = Annotated[
    Path | None,
    typer.Option(
        "--log",
        metavar="FILE",
        help="Log the traffic with each device (default: [output] log).",
    ),
]


def _clock(text: str) -> time:
    try:
        return datetime.strptime(text, "%H:%M").time()
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time of day; write it as 06:30") from None


At = Annotated[
    time | None,
    typer.Option("--at", parser=_clock, metavar="HH:MM", help="Begin at this local time instead."),
]


def logged(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command that talks to devices the option --log."""

    @wraps(command)
    def run(*args: object, log: Path | None = None, **options: object) -> None:
        from flatctl.cli.talk import warn
        from flatctl.devices.log import logging_to

        with logging_to(log, lambda words: warn([words])):
            command(*args, **options)

    taken = inspect.signature(command)
    option = inspect.Parameter("log", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Log)
    parameters = [*taken.parameters.values(), option]
    run.__signature__ = taken.replace(parameters=parameters)  # type: ignore[attr-defined]  # typer reads it
    run.__annotations__ = {**command.__annotations__, "log": Log}
    return run


def examples(*lines: str) -> str:
    """Return the end of a command's help: its examples, kept as they are."""
    return "\b\n" + "\n".join(["Examples:", *(f"  {line}" for line in lines)])
