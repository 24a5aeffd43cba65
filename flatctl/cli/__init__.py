"""The command line: parse, call `flatctl.app`, show. One file per command, no logic.

Nothing heavy is imported before a command runs, so that `flatctl --help` answers at once.
"""

import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Annotated

import typer

import flatctl
from flatctl.cli import (
    calibrate,
    check,
    dawn,
    demo,
    devices,
    history,
    init,
    master,
    panel,
    plan,
    report,
    run,
    safe,
    simulate,
    stats,
    verify,
)
from flatctl.cli.arguments import examples, logged
from flatctl.cli.endings import ending_of, show_tracebacks

# Those that talk to devices.
LOGGED: tuple[ModuleType, ...] = (run, dawn, check, safe, panel, calibrate, devices, init)
COMMANDS: tuple[ModuleType, ...] = (
    *(run, dawn, plan, check, safe, panel, calibrate, devices, init),
    *(simulate, demo, verify, stats, master, history, report),
)

program = typer.Typer(
    name="flatctl",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in COMMANDS:
    command = getattr(module, module.__name__.rpartition(".")[2])
    program.command(epilog=examples(*module.EXAMPLES))(
        logged(command) if module in LOGGED else command
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
        typer.Option("--debug", help="Show the traceback of an error."),
    ] = False,
) -> None:
    """Take flat frames: panel, camera and filter wheel are set until the level is right.

    Configure a rig once (flatctl init), check it (flatctl check), then run.
    """
    if debug:
        show_tracebacks()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and exit with the code that the contract of exit codes asks for."""
    sys.exit(ending_of(lambda: program(args=arguments, prog_name="flatctl")))
