"""One program drives a rig at a time, and a dead one drives nothing."""

import json
import re
import signal
from contextlib import contextmanager

import pytest
import rigs

pytestmark = pytest.mark.timeout(120)


@contextmanager
def running(rig, folder):
    setting = ("--exposure", 25, "--brightness", 10)
    run = rigs.started("run", rig.config, "--output", folder, "--json", *setting)
    with run:
        for line in run.stdout:
            if json.loads(line)["event"] == "exposing":
                break
        yield run
        run.kill()
        run.stdout.read()


@pytest.fixture(scope="module")
def holder(tmp_path_factory):
    with (
        rigs.simulated_rig(tmp_path_factory.mktemp("held")) as rig,
        running(rig, tmp_path_factory.mktemp("flats")) as run,
    ):
        yield run, rig.config


@pytest.mark.parametrize("words", [["run", "--no-resume"], ["safe"], ["panel", "status"]])
def test_a_second_one_ends_with_4_and_says_who_has_it(holder, words):
    run, config = holder
    command, *rest = words
    second = rigs.flatctl(command, config, *rest)
    assert second.returncode == 4
    assert f"process {run.pid} (flatctl run {config}" in second.stderr


@pytest.mark.parametrize("words", [["run", "--no-resume"], ["safe"]])
def test_another_spelling_of_the_server_is_the_same_rig(holder, tmp_path, words):
    run, config = holder
    written = config.read_text()
    assert 'host = "127.0.0.1"' in written
    link = tmp_path / "panel"
    port = re.search(r'^port = "(.+)"$', written, re.MULTILINE)[1]
    link.symlink_to(port)
    other = tmp_path / "other.toml"
    other.write_text(written.replace("127.0.0.1", "127.0.0.2").replace(port, str(link)))
    command, *rest = words
    second = rigs.flatctl(command, other, *rest)
    assert second.returncode == 4
    assert f"process {run.pid} (flatctl run {config}" in second.stderr


def test_a_check_meanwhile_says_who_has_the_panel(holder):
    run, config = holder
    check = rigs.flatctl("check", config)
    assert check.returncode == 4
    assert f"in use by process {run.pid}" in check.stdout


def test_what_a_killed_run_left_lit_is_put_out_by_safe(tmp_path):
    with rigs.simulated_rig(tmp_path) as rig, running(rig, tmp_path / "flats") as run:
        run.send_signal(signal.SIGKILL)
        run.wait()
        assert rig.light()[-1]["lit"] is True
        safe = rigs.flatctl("safe", rig.config)
        assert (safe.returncode, rig.light()[-1]["lit"]) == (0, False)
