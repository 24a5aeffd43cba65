import errno
import io
import os
import signal
import subprocess
import sys

import pytest

from flatctl import errors
from flatctl.cli.endings import ending_of
from flatctl.errors import Stopped


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.UsageError("no such scenario"), 2),
        (errors.ConfigError("rig.toml: wrong"), 3),
        (errors.Unreachable("localhost:7624", "nobody answers"), 4),
        (errors.Fault("Flat-Man", "motor stalled"), 4),
        (errors.UnsafeError("the roof is open"), 6),
        (errors.StorageError("disk full"), 7),
        (errors.FlatctlError("odd"), 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_an_error_ends_with_its_exit_code(app, command, error, code):
    app.answers["safe"] = error
    assert command("safe", "rig.toml").code == code


@pytest.mark.parametrize(("remedy", "then"), [("look at it", "."), ("has it power?", "")])
def test_how_the_light_was_left_is_a_sentence_of_its_own(app, command, remedy, then):
    fault = errors.Fault("Flat-Man", "is silent", remedy)
    fault.light = "off"
    app.answers["safe"] = fault
    assert command("safe", "rig.toml").stderr.endswith(f"{remedy}{then} The light is off.\n")


@pytest.mark.parametrize(
    ("mount", "said"),
    [
        ("standing", "The mount stands still, its tracking off."),
        ("unknown", "THE MOUNT MAY STILL TRACK: switch its tracking off, or park it."),
    ],
)
def test_after_flats_of_the_sky_it_is_the_mount_that_is_told(app, command, mount, said):
    fault = errors.UnsafeError("Roof: not open; run again when it is safe")
    fault.light, fault.mount = "off", mount
    app.answers["safe"] = fault
    assert command("safe", "rig.toml").stderr.endswith(f"when it is safe. {said}\n")


def test_an_error_is_one_message_on_stderr(app, command):
    app.answers["safe"] = errors.NoReply("Flat-Man", "is silent", "look at its cable")
    ending = command("safe", "rig.toml")
    assert (ending.stdout, ending.stderr) == (
        "",
        "flatctl: Flat-Man: is silent; look at its cable\n",
    )


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stop_ends_as_shells_expect(app, command, number, code):
    app.answers["run"] = Stopped(number)
    assert command("run", "rig.toml").code == code


@pytest.mark.parametrize(
    "name", ["HUP", "INT", "QUIT", "USR1", "USR2", "ALRM", "TERM", "XCPU", "VTALRM", "PWR"]
)
def test_a_signal_stops_a_command_that_does_not_look_out_for_it(app, command, name):
    number = signal.Signals[f"SIG{name}"]
    app.answers["devices"] = lambda *_: signal.raise_signal(number)
    assert command("devices").code == 128 + number


def test_a_signal_that_was_ignored_at_the_start_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert ending_of(lambda: signal.raise_signal(signal.SIGHUP)) == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def test_an_interrupt_while_the_program_loads_leaves_no_traceback(tmp_path):
    interrupt = "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(10)\n"
    (tmp_path / "typer.py").write_text(interrupt)
    ending = subprocess.run(
        [sys.executable, "-m", "flatctl", "devices"],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ending.returncode, ending.stderr) == (-signal.SIGINT, "")


def test_an_interrupt_ignored_at_the_start_does_not_end_the_loading(tmp_path):
    interrupt = "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nraise SystemExit(9)\n"
    (tmp_path / "typer.py").write_text(interrupt)
    ending = subprocess.run(
        ["/bin/sh", "-c", f"trap '' INT; exec {sys.executable} -m flatctl devices"],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        check=False,
    )
    assert ending.returncode == 9


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_nothing_takes_the_place_of_a_closed_stream(tmp_path, closed):
    look = (
        "import os, subprocess, sys\n"
        "print('told'); print('told', file=sys.stderr); sys.stdin.readline()\n"
        "subprocess.run(['sh', '-c', 'echo told; echo told >&2'], check=True)\n"
        "raise SystemExit(9 if os.open('/', os.O_RDONLY) > 2 else 1)\n"
    )
    (tmp_path / "typer.py").write_text(look)
    ending = subprocess.run(
        ["/bin/sh", "-c", f"exec {sys.executable} -m flatctl devices {closed}"],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert ending.returncode == 9


def test_a_full_disk_behind_the_output_is_a_matter_of_storage(app, command):
    app.answers["safe"] = OSError(errno.ENOSPC, "No space left on device")
    ending = command("safe", "rig.toml")
    assert ending.code == 7
    assert ending.stderr == (
        "flatctl: No space left on device: make room, or send the output elsewhere\n"
    )


def test_a_bug_is_a_sentence_without_a_traceback(app, command):
    app.answers["safe"] = KeyError("brightness")
    ending = command("safe", "rig.toml")
    assert (ending.code, ending.stderr) == (
        1,
        "flatctl: internal error, please report it (FLATCTL_DEBUG=1 shows where): "
        "KeyError: 'brightness'\n",
    )


def test_debug_adds_the_traceback_of_a_bug(app, command, monkeypatch):
    monkeypatch.setenv("FLATCTL_DEBUG", "0")
    app.answers["safe"] = KeyError("brightness")
    assert "Traceback (most recent call last)" in command("--debug", "safe", "rig.toml").stderr


def test_the_debug_variable_adds_the_traceback_of_an_error(app, command, monkeypatch):
    monkeypatch.setenv("FLATCTL_DEBUG", "1")
    app.answers["safe"] = errors.StorageError("disk full")
    assert "Traceback (most recent call last)" in command("safe", "rig.toml").stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["rnu", "rig.toml"],
        ["run"],
        ["run", "rig.toml", "--count", "0"],
        ["run", "rig.toml", "--count", "many"],
        ["run", "rig.toml", "--fliter", "Ha"],
        ["panel", "rig.toml", "dim"],
        ["panel", "rig.toml", "set"],
        ["panel", "rig.toml", "set", "-3"],
        ["panel", "rig.toml", "on", "128"],
        ["devices", "--port", "70000"],
        ["dawn", "rig.toml", "--at", "25:00"],
        ["dawn", "rig.toml", "--sun-altitude", "high"],
    ],
    ids=" ".join,
)
def test_a_command_line_without_sense_ends_with_2_and_asks_nothing(app, command, arguments):
    assert (command(*arguments).code, app.asked) == (2, [])


def test_a_mistyped_command_is_answered_with_the_right_one(command):
    assert "Did you mean 'run'?" in command("rnu").stderr


def test_a_reader_that_leaves_is_no_error(python):
    shown = subprocess.run(
        f'{python} -c \'from flatctl.cli import main; main(["devices", "--panels"])\' | true; '
        'echo "${PIPESTATUS[0]}"',
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert (shown.stdout.strip(), shown.stderr) == ("0", "")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("columns", [60, 80])
def test_the_last_line_breaks_between_words_on_a_terminal(monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(sys, "stderr", Terminal())
    stop = Stopped(signal.SIGINT)
    stop.light = "off"

    def stopped():
        raise stop

    assert ending_of(stopped) == 130
    said = sys.stderr.getvalue()
    assert all(len(line) <= columns for line in said.splitlines())
    assert " ".join(said.split()) == (
        "flatctl: stopped by you (Ctrl-C). The light is off. Run the same command to go on."
    )


def test_each_line_of_a_message_begins_with_the_name_of_the_program(app, command):
    app.answers["run"] = errors.ConfigError("rig.toml: no filter 'Lum'\nrig.toml: no filter 'OI'")
    lines = command("run", "rig.toml").stderr.splitlines()
    assert [line.startswith("flatctl: rig.toml: ") for line in lines] == [True, True]
