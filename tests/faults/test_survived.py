"""The rows of the matrix that need no real process, in virtual time."""

import errno
import os
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest
from bench import Bench, small
from matrix import CAPTURE, CHANGE, COMPLETE, DARKS, END, SEARCH, SIMULATED, START, Row
from promises import missing, seen, spoilt
from trouble import SERVED, Trouble

from flatctl import events
from flatctl.core.types import CameraSetup, Light
from flatctl.engine.guard import LampGuard
from flatctl.engine.stop import StopSignals
from flatctl.errors import BadReply, FlatctlError, LightUnknown, NoReply
from flatctl.storage import atomic
from hardware_sims.world import Scenario

FILTERS, COUNT, DARK_FLATS = ("L", "R"), 3, 2
UNDISTURBED_S = 120.0  # an undisturbed run takes less
QUIRKY_PX = (320, 240)
COLD = CameraSetup(temperature_c=-10.0)


class Breakage:
    """A run that is broken in one phase, in one way."""

    def __init__(self, bench: Bench, monkeypatch) -> None:
        self.bench = bench
        self.monkeypatch = monkeypatch
        self.trouble = Trouble(bench.fake)
        self.locks: list[sqlite3.Connection] = []

    def at(self, phase: str, strike) -> None:
        if phase == START:
            strike()
            return
        moment = {
            SEARCH: lambda e: isinstance(e, events.Exposing) and e.kind == "trial",
            CAPTURE: lambda e: isinstance(e, events.Exposing) and (e.kind, e.n) == ("flat", 2),
            CHANGE: lambda e: isinstance(e, events.FilterFinished) and e.filter == FILTERS[0],
            DARKS: lambda e: isinstance(e, events.Exposing) and e.kind == "dark_flat",
            END: lambda e: isinstance(e, events.DarkFlat) and e.index == DARK_FLATS,
        }[phase]
        self.bench.hear = lambda event: self._once(strike) if moment(event) else None

    def _once(self, strike) -> None:
        self.bench.hear = lambda event: None
        strike()

    def strike_of(self, fault: str):
        t = self.trouble
        camera, panel = self.bench.fake.camera, self.bench.fake.panel
        both = (*SERVED,)
        panel_calls = ("open", "set_brightness", "light_off")

        def once_by_panel(happening):
            # Whatever it is asked next.
            happened = []

            def before(device, method):
                if device == "panel" and method in panel_calls and not happened:
                    happened.append(method)
                    if method == "open":
                        happened.clear()
                        return
                    happening()

            t.before = before

        strikes = {
            "an exposure never ends": lambda: camera.faults.add(1, None),
            "the camera says that an exposure failed": lambda: t.upon(
                "camera", "read", t.fails("camera", "failed")
            ),
            "an exposure ends without a frame": lambda: t.upon(
                "camera", "read", t.fails("camera", "ended the exposure without a frame")
            ),
            "a frame is cut off or of a wrong size": lambda: t.upon(
                "camera", "read", t.fails("camera", "it is cut off", BadReply)
            ),
            "a late frame of an earlier exposure comes": lambda: t.upon(
                "camera", "read", t.fails("camera", "it was exposed 9 s", BadReply)
            ),
            "the camera's driver dies and is started again": lambda: t.upon(
                "camera", "start", camera.crash
            ),
            "every exposure of a filter fails": lambda: t.upon(
                "camera", "read", t.fails("camera", "failed"), times=4
            ),
            "the sensor gets warm": lambda: camera.warm_up(5.0),
            "the cooler fails for good": lambda: (
                camera.warm_up(5.0),
                t.upon("camera", "prepare", t.hangs("camera", 1200.0), times=99),
            ),
            "the wheel stops at a wrong slot": lambda: t.upon("wheel", "select", t.strays),
            "the wheel does not arrive": lambda: t.upon("wheel", "select", t.hangs("wheel", 60.0)),
            "the wheel never gets to one filter": lambda: t.upon(
                "wheel", "select", t.hangs("wheel", 60.0), times=99
            ),
            "the wheel's driver dies and is started again": lambda: t.upon(
                "wheel", "select", self.bench.fake.wheel.close
            ),
            "the INDI server dies and is back after 10 s": lambda: t.upon(
                "camera", "start", lambda: (t.go_away(both, 10.0), camera.crash())
            ),
            "the INDI server never comes back": lambda: t.go_away(both),
            "the network is silent for a minute": lambda: t.fall_silent(both, 60.0),
            "the panel is silent once": lambda: once_by_panel(t.hangs("panel", 5.0)),
            "the panel answers garbage once": lambda: once_by_panel(
                t.fails("panel", "was answered by '?!'", BadReply)
            ),
            "the panel's cable is pulled, and back after 29 s": lambda: once_by_panel(
                lambda: (t.go_away(("panel",), 29.0), panel.close(), t.fails("panel", "gone")())
            ),
            "the panel's cable is pulled for good": lambda: t.go_away(("panel",)),
            "the panel reports what it does not do, until it is opened anew": lambda: t.upon(
                "panel", "set_brightness", lambda: t.lie("until opened")
            ),
            "the panel reports what it does not do, for good": lambda: t.upon(
                "panel", "set_brightness", lambda: t.lie("always")
            ),
            "the lamp goes out by itself": lambda: self.bench.fake.world.light.set(lit=False),
            "the wheel is turned by somebody else": lambda: setattr(
                self.bench.fake.world.turret, "slot", 3
            ),
            "the panel is dimmed by somebody else": lambda: self.bench.fake.world.light.set(
                lit=True, brightness=3
            ),
            "the disk is full": lambda: self.monkeypatch.setattr(atomic, "_write_all", full),
            "the output directory is gone": lambda: (self.bench.folder / "flats").rename(
                self.bench.folder / "elsewhere"
            ),
            "the history is corrupt": self.corrupt_history,
            "the history is spoilt meanwhile": self.corrupt_history,
            "another program locks the history": self.lock_history,
        }
        return strikes[fault]

    def corrupt_history(self) -> None:
        history = self.bench.folder / "history.sqlite"
        history.write_bytes(b"no database" * 1000)

    def lock_history(self) -> None:
        lock = sqlite3.connect(self.bench.folder / "history.sqlite", isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
        self.locks.append(lock)

    def mend(self) -> None:
        """Let everything be as it was: what a user does before the next run."""
        self.trouble.come_back()
        self.monkeypatch.undo()
        for lock in self.locks:
            lock.close()
        elsewhere = self.bench.folder / "elsewhere"
        if elsewhere.exists():
            elsewhere.rename(self.bench.folder / "flats")

    def run(self) -> int:
        try:
            return self.bench.run()
        except FlatctlError as error:
            return error.exit_code

    def make_safe(self) -> None:
        """Do what `flatctl safe` does."""
        fake = self.bench.fake
        with LampGuard(fake.panel, clock=fake.clock, signals=StopSignals(), timeout_s=10.0):
            return


def filters_of(rig: Scenario) -> tuple[str, ...]:
    """Return the filters that are wanted of a rig: those it calls what it likes."""
    return tuple(each.name for each in rig.filters)[: len(FILTERS)]


def cards_of(*runs: Bench) -> list[str]:
    """Return what each filter that has a flat is called in the header of its first."""
    first = {flat.filter: flat.path for run in runs for flat in reversed(run.all(events.Flat))}
    return [seen(first[name]).header["FILTER"] for name in filters_of(runs[0].fake.world.scenario)]


def cured(rig: Scenario) -> Scenario:
    """Return the rig without its quirk, whose filters keep their names."""
    size_px = (rig.sensor.width_px, rig.sensor.height_px)
    return replace(small("mono", size_px), filters=rig.filters)


def full(descriptor: int, part: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture(params=SIMULATED, ids=str)
def row(request) -> Row:
    return request.param


@pytest.fixture
def broken(tmp_path, row, monkeypatch) -> Breakage:
    # A line of a sensor is a small part of it: not so of the smallest.
    rig = small(row.fault.quirk, QUIRKY_PX) if row.fault.quirk else small("mono")
    bench = Bench(
        tmp_path,
        rig=rig,
        filters=filters_of(rig),
        count=COUNT,
        dark_flats=DARK_FLATS,
        setup=COLD,
        history_timeout_s=0.05,
    )
    made = Breakage(bench, monkeypatch)
    if not row.fault.quirk:
        made.at(row.phase, made.strike_of(row.fault.name))
    return made


def test_it_is_survived_or_reported_and_the_next_run_completes(row, broken):
    bench = broken.bench
    code = broken.run()
    took_s = bench.fake.clock.monotonic()
    faults = bench.all(events.FaultSeen)
    flats = [event.path for event in bench.all(events.Flat)]
    broken.mend()

    assert code == row.fault.exit_code
    assert took_s <= UNDISTURBED_S + row.fault.deadline_s
    assert bool(faults) == row.fault.told
    full_adu = bench.fake.world.scenario.sensor.full_scale_adu
    assert spoilt(bench.folder, full_adu) == []
    assert all(path.is_file() for path in flats)
    if code == COMPLETE:
        assert missing(bench.folder, cards_of(bench), COUNT, DARK_FLATS) == []
    if bench.fake.world.light.lit:
        assert "cable is pulled for good" in row.fault.name
        broken.make_safe()
    assert not bench.fake.world.light.lit

    later = bench.again(rig=None if code == COMPLETE else cured(bench.fake.world.scenario))
    assert later.run() == COMPLETE
    assert spoilt(bench.folder, full_adu) == []
    assert missing(bench.folder, cards_of(bench, later), COUNT, DARK_FLATS) == []
    assert not later.fake.world.light.lit


def test_the_matrix_has_enough_rows_and_names_each_once():
    names = [str(row) for row in SIMULATED]
    assert len(names) == len(set(names)) >= 40


def test_a_history_that_is_locked_holds_nothing_up(tmp_path):
    bench = Bench(tmp_path, filters=("L",), history_timeout_s=0.01)
    with closing(sqlite3.connect(tmp_path / "history.sqlite", isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        assert bench.run() == COMPLETE


def test_a_rig_that_is_lost_with_its_panel_ends_with_what_came_first_and_the_light(tmp_path):
    bench = Bench(tmp_path, filters=("L",))
    trouble = Trouble(bench.fake)

    def lose_all() -> None:
        trouble.go_away(("camera", "wheel", "panel"))
        raise NoReply("INDI server", "the connection is lost")

    trouble.upon("camera", "read", lose_all)
    with pytest.raises(LightUnknown) as raised:
        bench.run()
    first, *_, last = raised.value.lines
    assert first == "INDI server: the connection is lost"
    assert last.startswith("Fake Panel: light unknown, it MAY STILL BE ON")
    (finished,) = bench.all(events.RunFinished)
    assert (finished.exit_code, finished.light, finished.reason) == (
        8,
        Light.UNKNOWN,
        str(raised.value),
    )


def test_while_a_light_is_put_out_again_and_again_that_is_told(tmp_path):
    bench = Bench(tmp_path, filters=("L",))
    trouble = Trouble(bench.fake)
    trouble.upon("panel", "light_off", trouble.fails("panel", "is silent", NoReply), times=3)
    assert bench.run() == 0
    told = [e.what for e in bench.all(events.Waiting) if e.what.what is events.Preparation.DARK]
    assert [what.fault for what in told] == ["Fake Panel: is silent"] * 3
