from datetime import UTC, datetime, timedelta

import pytest

from flatctl.app.estimate import USUAL_OVERHEAD_S, Experience
from flatctl.core.nights.history import PastRun, SettingKey, Trained
from flatctl.core.types import CameraSetup, FilterPlan
from flatctl.storage.history import History

WHEN = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def history(tmp_path):
    with History(tmp_path / "history.sqlite") as kept:
        for name, exposure_s in (("Ha", 4.0), ("Ha, 3nm", 20.0)):
            key = SettingKey("bench", "CCD", name, 1, None, None, None, "manual")
            kept.remember(key, Trained(80, exposure_s, 0.51, WHEN))
        yield kept


@pytest.mark.parametrize(
    ("name", "frame_s", "overhead_s"),
    [
        ("Ha", 6.0, 2.0),
        ("Ha, bin 2", 6.0, 2.0),
        ("Ha (2)", 6.0, 2.0),
        ("Ha, 3nm", 23.0, 3.0),
        ("Ha, 3nm, gain 100", 23.0, 3.0),
        ("Hardly", 9.0, USUAL_OVERHEAD_S),
    ],
)
def test_what_a_frame_took_beside_its_exposure_is_known_by_the_sets_filter(
    history, name, frame_s, overhead_s
):
    outcomes = {name: "complete"}
    history.remember_run(PastRun("1", "bench", WHEN, 10 * frame_s, 0, 10, "", outcomes))
    assert Experience(history, "bench").overhead_s == pytest.approx(overhead_s)


def test_a_rig_without_past_has_the_usual_overhead(history):
    later = WHEN + timedelta(days=1)
    history.remember_run(PastRun("2", "other", later, 60.0, 0, 10, "", {"Ha": "complete"}))
    assert Experience(history, "bench").overhead_s == USUAL_OVERHEAD_S


def test_a_flat_of_a_filter_takes_its_last_exposure_and_what_is_lost_beside_it(history):
    outcomes = {"Ha": "complete"}
    history.remember_run(PastRun("1", "bench", WHEN, 60.0, 0, 10, "", outcomes))
    experience = Experience(history, "bench", CameraSetup())
    assert experience.flat_s(FilterPlan("Ha")) == pytest.approx(4.0 + 2.0)
    assert experience.flat_s(FilterPlan("L")) is None
