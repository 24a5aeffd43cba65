import subprocess
import sys
from contextlib import ExitStack

import pytest

from flatctl.app.wiring.claim import claim, describe_process, take_name
from flatctl.errors import Busy

HOLD = """
import sys
from flatctl.app.wiring.claim import claim
with claim("rig", sys.argv[1:]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def things(tmp_path) -> list[str]:
    return [f"camera {tmp_path}", f"panel {tmp_path}"]


@pytest.fixture
def holder(things):
    command = [sys.executable, "-c", HOLD, *things]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_process_is_refused(holder, things):
    with pytest.raises(Busy), claim("rig", things):
        pass


def test_one_shared_device_is_enough_to_be_refused(holder, things):
    with pytest.raises(Busy), claim("rig", ["another camera", things[1]]):
        pass


def test_the_second_one_is_told_who_has_it(holder, things):
    with pytest.raises(Busy, match=rf"rig: is in use by process {holder.pid} \(-c "):
        claim("rig", things).__enter__()


def test_asking_often_does_not_make_the_holder_unknown(holder, things):
    for _ in range(300):
        with pytest.raises(Busy, match=str(holder.pid)):
            claim("rig", things).__enter__()


def test_a_killed_process_holds_nothing(holder, things):
    holder.kill()
    holder.wait()
    with claim("rig", things):
        pass


def test_what_was_claimed_before_a_refusal_is_given_back(holder, things, tmp_path):
    free = f"a free one {tmp_path}"
    with pytest.raises(Busy):
        claim("rig", [free, *things]).__enter__()
    with claim("rig", [free]):
        pass


def test_a_claim_ends_with_its_block(things):
    with claim("rig", things):
        pass
    with claim("rig", things):
        pass


def test_a_claim_of_nothing_is_always_granted():
    with claim("rig", []), claim("rig", []):
        pass


def test_a_process_that_is_gone_is_named_by_its_number():
    assert describe_process(2**22 + 1) == f"process {2**22 + 1}"


def test_a_file_that_a_living_process_writes_is_not_taken_by_another(tmp_path):
    with ExitStack() as ours, ExitStack() as others:
        assert take_name(ours, tmp_path / "run.json")
        assert not take_name(others, tmp_path / "run.json")
        assert take_name(others, tmp_path / "run_b.json")
    with ExitStack() as later:
        assert take_name(later, tmp_path / "run.json")
