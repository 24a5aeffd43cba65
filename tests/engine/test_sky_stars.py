"""Stars in flats of the sky take no flat away: they are for the master to leave out."""

from dataclasses import replace

import pytest
import twilight_bench
from twilight_bench import Twilight

from flatctl import events
from flatctl.core.quality.findings import Kind
from flatctl.errors import ExitCode
from hardware_sims.scenarios import scenario

MILKY_WAY = 10.0


@pytest.fixture(scope="module")
def twilight(tmp_path_factory) -> Twilight:
    """Return a run late in a dusk under a sky full of stars."""

    def starry(name: str, **_: int):
        rig = scenario(name, rows=256, cols=320)
        return replace(rig, sky=replace(rig.sky, stars=MILKY_WAY))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(twilight_bench, "scenario", starry)
        run = Twilight(tmp_path_factory.mktemp("stars"), filters=("L",), count=12, starts_deg=-6.0)
        run.code = run.run()
        return run


def test_each_frame_of_the_right_level_is_kept(twilight) -> None:
    assert twilight.code == ExitCode.COMPLETE
    assert twilight.all(events.Rejected) == []


def test_no_set_is_blamed_for_its_stars(twilight) -> None:
    (quality,) = twilight.all(events.SetQuality)
    assert {each.kind for each in quality.findings} <= {Kind.TOO_FEW}
