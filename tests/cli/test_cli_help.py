import subprocess

import pytest

from flatctl import __version__

COMMANDS = [
    "run",
    "dawn",
    "dusk",
    "by-hand",
    "plan",
    "check",
    "test",
    "safe",
    "panel",
    "calibrate",
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
]

LOADED = """
import sys
from flatctl.cli import main
try:
    main(sys.argv[1:])
except SystemExit:
    heavy = {"astropy", "ccdproc", "jinja2", "numpy", "PIL", "pydantic", "PyIndi", "rich", "serial"}
    heavy |= {"starlette", "uvicorn", "anyio", "asyncio"}
    print("loaded:", *sorted(heavy & sys.modules.keys()))
"""


@pytest.mark.parametrize("name", COMMANDS)
def test_a_commands_help_has_an_example(command, name):
    ending = command(name, "--help")
    assert (ending.code, f"Examples:\n    flatctl {name}" in ending.stdout) == (0, True)


def test_help_lists_every_command_in_the_order_of_use(command):
    listed = command("--help").stdout.split("Commands:\n")[1].split("\n\n")[0]
    assert [row.split()[0] for row in listed.splitlines()] == COMMANDS


def test_no_command_is_cut_short_in_the_list(command):
    assert "..." not in command("--help").stdout.split("Commands:")[1]


def loaded(python: str, *arguments: str) -> str:
    command = [python, "-c", LOADED, *arguments]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return shown.stdout.splitlines()[-1]


def test_help_loads_nothing_heavy(python):
    assert loaded(python, "--help") == "loaded:"


def test_a_line_loads_nothing_that_computes_or_draws(python):
    assert loaded(python, "status") == "loaded: pydantic"


def test_version(command):
    assert command("--version").stdout == f"flatctl {__version__}\n"


def test_no_command_at_all_shows_the_help(command):
    assert "Commands:" in command().stderr


def test_the_scenarios_named_are_those_that_can_be_simulated(command):
    from hardware_sims.scenarios import SCENARIOS

    shown = command("simulate", "--help").stdout
    assert [name for name in SCENARIOS if name not in shown] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_what_talks_to_devices_can_log_it_and_nothing_else(command, name):
    talks = {
        "run",
        "dawn",
        "dusk",
        "by-hand",
        "check",
        "test",
        "safe",
        "panel",
        "calibrate",
        "devices",
        "init",
    }
    assert ("--log FILE" in command(name, "--help").stdout) == (name in talks)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_speaks_of_no_types_and_no_inequalities(command, name):
    shown = command(name, "--help").stdout
    assert [word for word in ("<path>", "<list", "<int", "x>=", "<=x", "{", "[required]")
            if word in shown] == []  # fmt: skip


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["run", "x.toml", "--light", "lamp"], "'--light': 'lamp' is not one of 'panel', 'sky'."),
        (["run", "x.toml", "--count", "many"], "'--count': has to be a whole number"),
        (["run", "x.toml", "--count", "0"], "'--count': has to be at least 1"),
        (["run", "x.toml", "--exposure", "long"], "'--exposure': has to be a number"),
        (["simulate", "--port", "99999"], "'--port': has to be at most 65535"),
    ],
)
def test_a_value_that_is_none_is_told_in_plain_words(command, words, told):
    ending = command(*words)
    assert (ending.code, ending.stderr.splitlines()[-1]) == (2, f"Error: Invalid value for {told}")
