from pathlib import Path
from types import SimpleNamespace

import pytest

from flatctl.errors import NoReply


def found(exit_code: int = 0, **options) -> SimpleNamespace:
    tables = [("Calibration", ("What", "Measured"), [("Pedestal", "1 000 ADU")]), ("Curve", (), [])]
    return SimpleNamespace(exit_code=exit_code, warnings=["old history"], tables=lambda: tables)


def measured(_config, *, filter_name, tell, wait, force):
    tell("pedestal: panel off")
    return found()


def test_calibrate_shows_what_was_measured_on_stdout_and_talks_on_stderr(app, command):
    app.answers["calibrate"] = measured
    ending = command("calibrate", "rig.toml")
    assert (ending.code, ending.stdout.splitlines()[:3]) == (
        0,
        ["Calibration", "What      Measured", "Pedestal  1 000 ADU"],
    )
    assert ending.stderr.splitlines() == ["pedestal: panel off", "flatctl: old history"]


def test_a_table_without_rows_is_said_in_a_line(app, command):
    app.answers["calibrate"] = measured
    assert "Curve: no point could be measured" in command("calibrate", "rig.toml").stdout


@pytest.mark.parametrize(
    ("words", "name"), [([], None), (["--filter", "L"], "L")], ids=["first", "named"]
)
def test_calibrate_hands_over_the_filter(app, command, words, name):
    app.answers["calibrate"] = lambda *args, **options: found()
    command("calibrate", "rig.toml", *words)
    (_, arguments, options), *_ = app.asked
    assert (arguments, options["filter_name"]) == ((Path("rig.toml"),), name)


def test_calibrate_ends_with_5_when_something_is_missing(app, command):
    app.answers["calibrate"] = lambda *args, **options: found(5)
    assert command("calibrate", "rig.toml").code == 5


def test_calibrate_ends_as_a_run_does_when_a_device_fails(app, command):
    app.answers["calibrate"] = NoReply("Camera", "silent")
    assert command("calibrate", "rig.toml").code == 4
