"""A panel that fails for good, and the sky in its place; no device is anywhere."""

from datetime import UTC, datetime

import pytest

from flatctl import events
from flatctl.app.wiring.fallback import Fallback
from flatctl.core.types import FilterPlan, LightSource, Outcome
from flatctl.errors import (
    ExitCode,
    InUse,
    LightUnknown,
    NoReply,
    Stopped,
    StorageError,
    UnsafeError,
)
from flatctl.outputs.record import RunRecord
from flatctl.settings.loading import load
from hardware_sims.clock import VirtualClock

CONFIG = """
[rig]
latitude_deg = 50.1
longitude_deg = 8.7
[camera]
device = "C"
[panel]
kind = "alnitak"
port = "/dev/nowhere"
[sky]
position = "stay"
[dawn]
fallback = "{fallback}"
"""
AT_DAWN = datetime(2026, 11, 23, 6, 14, tzinfo=UTC)
AT_NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PLANS = [FilterPlan("L"), FilterPlan("Ha")]
DEAD = NoReply("Alnitak panel", "does not answer")


class Morning:
    """A run with the panel that ends with `ending`, after L was complete."""

    def __init__(
        self, folder, ending, *, fallback="sky", now=AT_DAWN, why: events.Why = ""
    ) -> None:
        path = folder / "rig.toml"
        path.write_text(CONFIG.format(fallback=fallback))
        clock = VirtualClock(now)
        self.told: list[events.Event] = []
        self.taken: list[tuple[LightSource, list[str]]] = []
        self._ending, self._why = ending, why
        self.sky_ends: Exception | None = None
        self._fallback = Fallback(load(path, {}), "dawn", clock, self.told.append)

    def run(self) -> int:
        return self._fallback.run(lambda _: PLANS, self._by_panel, self._of_sky)

    def _by_panel(self) -> int:
        ended = {"L": Outcome.COMPLETE, "Ha": Outcome.TOO_DIM}
        for name, outcome in ended.items():
            why = "" if outcome is Outcome.COMPLETE else self._why
            event = events.FilterFinished(
                time=AT_DAWN, filter=name, set=name, outcome=outcome, trials=1, flats=1, why=why
            )
            self._fallback.listen(event, RunRecord())
        if isinstance(self._ending, Exception):
            raise self._ending
        return self._ending

    def _of_sky(self, settings, plan) -> int:
        assert settings.panel is None
        self.taken.append((settings.light, [each.filter for each in plan(())]))
        if self.sky_ends is not None:
            raise self.sky_ends
        return ExitCode.COMPLETE


OF_SKY = [(LightSource.SKY, ["Ha"])]


def test_what_a_dead_panel_left_is_taken_of_the_sky(tmp_path):
    morning = Morning(tmp_path, DEAD)
    assert morning.run() == ExitCode.COMPLETE
    assert morning.taken == OF_SKY
    assert "taken of the sky" in morning.told[0].what


def test_a_panel_that_does_not_shine_has_failed_too(tmp_path):
    morning = Morning(tmp_path, ExitCode.INCOMPLETE, why=events.Doubt.DARK)
    assert morning.run() == ExitCode.COMPLETE
    assert morning.taken == OF_SKY


def test_a_mount_behind_alpaca_is_no_panel_however_short_its_address_is(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "test_fallback.CONFIG",
        f'{CONFIG}[mount]\ndevice = "alpaca://pi/telescope/0"\n',
    )
    morning = Morning(tmp_path, NoReply("alpaca://pi:11111/telescope/0", "does not answer"))
    with pytest.raises(NoReply):
        morning.run()


def test_a_light_that_may_be_on_is_heard_of_all_the_same(tmp_path):
    morning = Morning(tmp_path, LightUnknown("Alnitak panel", "unknown", [DEAD]))
    with pytest.raises(LightUnknown):
        morning.run()
    assert morning.taken == OF_SKY


def test_nor_does_a_sky_that_fails_too_hide_it(tmp_path):
    morning = Morning(tmp_path, LightUnknown("Alnitak panel", "unknown", [DEAD]))
    morning.sky_ends = UnsafeError("the roof is closed")
    with pytest.raises(LightUnknown):
        morning.run()


@pytest.mark.parametrize(
    ("ending", "changes"),
    [
        (DEAD, {"fallback": "none"}),
        (DEAD, {"now": AT_NOON}),
        (NoReply("C", "does not answer"), {}),
        (NoReply("INDI server localhost:7624", "is not connected"), {}),
        (InUse("C", "is exposing for another program", "wait", 54.0), {}),
        (LightUnknown("Alnitak panel", "unknown", [Stopped(2), DEAD]), {}),
        (LightUnknown("Alnitak panel", "unknown", [UnsafeError("Rain"), DEAD]), {}),
        (StorageError("the disk is full"), {}),
        (ExitCode.COMPLETE, {}),
        (ExitCode.INCOMPLETE, {}),
    ],
)
def test_else_it_ends_as_it_would(tmp_path, ending, changes):
    morning = Morning(tmp_path, ending, **changes)
    if isinstance(ending, Exception):
        with pytest.raises(type(ending)):
            morning.run()
    else:
        assert morning.run() == ending
    assert morning.taken == []
