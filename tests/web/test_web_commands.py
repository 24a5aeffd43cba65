"""What is asked for is done once, by the program, and only where nobody else is at it."""

from contextlib import ExitStack
from datetime import UTC, datetime

import pytest
from asgi import PROGRAM

from flatctl.app.wiring.claim import claim
from flatctl.app.wiring.journal import JournalWriter
from flatctl.app.wiring.rig import rig_addresses
from flatctl.cli.serve import serve
from flatctl.errors import ConfigError, UsageError
from flatctl.events import FilterAlias, RunFinished
from flatctl.outputs.record import RunRecord
from flatctl.web import serving


@pytest.fixture
def begun(monkeypatch):
    """The jobs that were begun; nothing is done."""
    jobs = []
    monkeypatch.setattr(
        "flatctl.app.serving.jobs.Jobs._do", lambda _self, job, _rig, _do: jobs.append(job.what)
    )
    return jobs


def test_two_taps_begin_one_run(console, begun):
    twice = [
        console.post("/api/v1/run", headers=PROGRAM | {"Idempotency-Key": "a tap"}).json["job"]
        for _ in range(2)
    ]
    assert (twice[0] == twice[1], begun) == (True, ["run"])


def test_a_run_of_a_rig_in_use_is_refused_and_says_who_has_it(console, rig, begun):
    with claim("north", rig_addresses(rig.settings)):
        answer = console.post("/api/v1/run")
    assert (answer.status, "in use by process" in answer.json["detail"], begun) == (409, True, [])


def test_the_way_into_the_dark_is_open_while_somebody_has_the_rig(console, rig, begun):
    with claim("north", rig_addresses(rig.settings)):
        asked = [console.post(f"/api/v1/{what}").status for what in ("stop", "safe", "safe")]
    assert (asked, begun) == ([202, 202, 202], ["stop", "safe", "safe"])


def test_commands_come_one_a_second_at_most(console, begun):
    bodies = [{"off": True}, {"off": True}]
    assert [console.post("/api/v1/panel", body).status for body in bodies][1] in (409, 429)


def test_a_job_is_found_again(console, begun):
    job = console.post("/api/v1/stop").json["job"]
    assert console.get(f"/api/v1/jobs/{job}").json["what"] == "stop"


def test_a_journal_that_is_long_enough_still_tells_the_end(rig, monkeypatch, tmp_path):
    monkeypatch.setattr("flatctl.app.wiring.journal.WRITTEN_MAX_BYTES", 1)
    ended = RunFinished(
        time=datetime.now(UTC), exit_code=0, filters={}, sets={}, frames=0, seconds=1.0
    )
    with ExitStack() as held:
        journal = JournalWriter(rig.settings, "run", (), held)
        journal(FilterAlias(time=datetime.now(UTC), named="a", filter="b"), RunRecord())
        journal(ended, RunRecord())
    lines = (tmp_path / "state" / "flatctl" / "live" / "north.jsonl").read_text().splitlines()
    assert [("run_finished" in line, "filter_alias" in line) for line in lines[1:]] == [
        (True, False)
    ]


def test_without_the_extra_serve_says_which_one_to_install(monkeypatch):
    monkeypatch.setattr("flatctl.cli.serve.find_spec", lambda _name: None)
    with pytest.raises(UsageError, match=r"extra web: .*flatctl\[web\]"):
        serve([])


def test_no_other_computer_is_let_in_without_tokens(config):
    with pytest.raises(ConfigError, match="flatctl serve --make-token"):
        serving.serve([config], "0.0.0.0:0", tell=print)
