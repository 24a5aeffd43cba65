"""A folder that this user may not enter is told as that, by whatever command is given one."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from flatctl.errors import ExitCode

CLOSED = "Permission denied"
# Root may enter everything, unless it lets go of that.
AS_A_USER = () if os.geteuid() else ("setpriv", "--bounding-set=-all", "--inh-caps=-all")
pytestmark = pytest.mark.skipif(
    bool(AS_A_USER) and shutil.which("setpriv") is None, reason="root without setpriv"
)

# Of each command what may be a path of the user's: {closed} can't be entered, {open} can.
LINES = [
    ("run {rig} --output {closed}/p/flats", ExitCode.STORAGE),
    ("run {rig_into_closed}", ExitCode.STORAGE),
    ("check {rig_into_closed}", ExitCode.STORAGE),
    ("test {rig} --picture {closed}/p.png", ExitCode.STORAGE),
    ("panel {rig} --record {closed}/r.json", ExitCode.STORAGE),
    ("init {closed}/rig.toml --port 1", ExitCode.STORAGE),
    ("plan {rig} --from-lights {closed}/p", ExitCode.STORAGE),
    ("plan {rig} --from-lights {open} --write {closed}/w.toml", ExitCode.STORAGE),
    ("verify {closed}/p", ExitCode.STORAGE),
    ("stats {closed}/p/f.fits", ExitCode.STORAGE),
    ("master {closed}/p", ExitCode.STORAGE),
    ("report {closed}/p", ExitCode.STORAGE),
    ("simulate --ready {closed}/ready.json", ExitCode.STORAGE),
    ("simulate --config {closed}/rig.toml", ExitCode.STORAGE),
    ("history {rig_forgets}", ExitCode.COMPLETE),  # a run needs it to be quick, no more
    ("run {closed}/rig.toml", ExitCode.CONFIG),
    ("stop {closed}/rig.toml", ExitCode.CONFIG),
    ("stop {closed}/p", ExitCode.USAGE),  # taken for the name of a rig
]


# One process for all lines: that is where root lets go of its rights, and starting one takes long.
EACH_IN_TURN = """
import contextlib, io, json, sys
from flatctl.cli import main

endings = []
for line in json.load(sys.stdin):
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            main(line)
        except SystemExit as ending:
            endings.append((ending.code, said.getvalue()))
print(json.dumps(endings))
"""


@pytest.fixture(scope="module")
def endings(tmp_path_factory) -> dict[str, tuple[int, str]]:
    """Return how each line ends, and what it says."""
    folder = tmp_path_factory.mktemp("places")
    closed, opened = folder / "closed", folder / "open"
    (closed / "p").mkdir(parents=True)
    opened.mkdir()
    places = {"closed": closed, "open": opened}
    for name, output in (
        ("rig", f'directory = "{opened}"'),
        ("rig_into_closed", f'directory = "{closed}/p/flats"'),
        ("rig_forgets", f'directory = "{opened}"\nhistory = "{closed}/history.sqlite"'),
    ):
        places[name] = folder / f"{name}.toml"
        places[name].write_text(
            '[camera]\ndevice = "CCD"\n[indi]\nport = 1\n[panel]\nkind = "alnitak"\n'
            f'port = "{folder}/no-port"\n[output]\n{output}\n'
        )
    lines = [[word.format(**places) for word in line.split()] for line, _ in LINES]
    closed.chmod(0)
    try:
        done = subprocess.run(
            [*AS_A_USER, sys.executable, "-c", EACH_IN_TURN],
            input=json.dumps(lines),
            capture_output=True,
            text=True,
            timeout=120,
        )
    finally:
        closed.chmod(0o700)
    assert done.returncode == 0, done.stderr
    return dict(zip((line for line, _ in LINES), json.loads(done.stdout), strict=True))


@pytest.mark.parametrize(("line", "code"), LINES, ids=[line for line, _ in LINES])
def test_a_closed_folder_is_no_internal_error(line, code, endings):
    ended, said = endings[line]
    assert (ended, "internal error" in said) == (code, False), said
    assert CLOSED in said or code in (ExitCode.USAGE, ExitCode.COMPLETE)
