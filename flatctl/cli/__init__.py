"""The command line: parse, call `flatctl.app`, show. One file per command, no logic.

Nothing heavy is imported before a command runs, so that `flatctl --help` answers at once.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated

import typer

import flatctl
from flatctl.cli.arguments import examples, logged
from flatctl.cli.endings import ending_of, show_tracebacks
from flatctl.cli.plain_help import PlainCommand, PlainGroup

_TALK_TO_DEVICES = (
    *("run", "dawn", "dusk", "by-hand", "check", "test", "safe", "panel", "calibrate", "devices"),
    "init",
)
_COMMANDS = (
    *("run", "dawn", "dusk", "by-hand", "plan", "check", "test", "safe", "panel", "calibrate"),
    *(
        "devices",
        "init",
        "status",
        "stop",
        "simulate",
        "demo",
        "serve",
        "verify",
        "stats",
        "master",
        "history",
        "report",
    ),
)

program = typer.Typer(
    name="flatctl",
    cls=PlainGroup,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for name in _COMMANDS:
    word = name.replace("-", "_")
    module = import_module(f"flatctl.cli.{word}")
    command = getattr(module, word)
    program.command(name, epilog=examples(*module.EXAMPLES), cls=PlainCommand)(
        logged(command) if name in _TALK_TO_DEVICES else command
    )


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"flatctl {flatctl.__version__}")
        raise typer.Exit


@program.callback(epilog=examples("flatctl run rig.toml --filter Ha"))
def options(
    *,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_say_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
    debug: Annotated[
        bool,
        typer.Option("--debug", help="Show details of an error, for bug reports."),
    ] = False,
) -> None:
    """Take flat frames unattended: set panel and exposure for every filter, then capture the set.

    Configure a rig once (flatctl init), check it (flatctl check), then run.
    """
    if debug:
        show_tracebacks()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and exit with the code that the contract of exit codes asks for."""
    sys.exit(ending_of(lambda: program(args=arguments, prog_name="flatctl")))
