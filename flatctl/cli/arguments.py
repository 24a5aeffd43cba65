"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[Path, typer.Argument(metavar="CONFIG", help="The rig's configuration file.")]
Host = Annotated[str, typer.Option(metavar="HOST", help="Where the INDI server runs.")]
Port = Annotated[int, typer.Option(min=1, max=65535, metavar="PORT", help="Its TCP port.")]


def examples(*lines: str) -> str:
    """Return the end of a command's help: its examples, kept as they are."""
    return "\b\n" + "\n".join(["Examples:", *(f"  {line}" for line in lines)])
