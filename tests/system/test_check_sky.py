"""`flatctl check` of a rig whose light is the sky: what it says, and that it moves nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from indi_served import indi_served

from flatctl.app.check import check_settings
from flatctl.app.wiring.findings import CheckLine
from flatctl.core.pointing.bodies import sun_at
from flatctl.errors import ExitCode
from flatctl.settings.loading import load
from hardware_sims.camera import SimCamera
from hardware_sims.mount import NAME as MOUNT
from hardware_sims.mount import SimMount
from hardware_sims.roof import NAME as ROOF
from hardware_sims.roof import SimRoof
from hardware_sims.scenarios import scenario
from hardware_sims.sky.motion import Doing, MountHabits
from hardware_sims.wheel import SimWheel
from hardware_sims.world import World


@dataclass
class Checked:
    """What a check of a rig under a sky said, and the world as it left it."""

    lines: dict[str, CheckLine]
    world: World


@contextmanager
def served(mount: MountHabits) -> Iterator[tuple[int, World]]:
    rig = scenario("dusk-clear", rows=48, cols=64)
    world = World(replace(rig, mount=mount))
    drivers = [SimCamera(world), SimWheel(world), SimMount(world), SimRoof(world)]
    with indi_served(lambda: drivers) as port:
        yield port, world


def checked(
    folder: Path, *, mount: MountHabits | None = None, move: bool = True, sky: str = "", north=0.0
) -> Checked:
    """Return what `check` says; the configuration has the site so far `north` of the truth."""
    with served(mount or MountHabits()) as (port, world):
        site = world.scene.twilight.site
        config = folder / "rig.toml"
        config.write_text(
            f"[rig]\nlatitude_deg = {site.latitude_deg + north}\n"
            f"longitude_deg = {site.longitude_deg}\n"
            f'[indi]\nhost = "127.0.0.1"\nport = {port}\nsocket = "off"\n'
            f'[camera]\ndevice = "Sim CCD"\n[wheel]\ndevice = "Sim Wheel"\n'
            f'[mount]\ndevice = "{MOUNT}"\nmove = {str(move).lower()}\n'
            f'[dome]\ndevice = "{ROOF}"\n[flats]\nfilters = ["L", "Ha"]\ncount = 10\n'
            f"[sky]\n{sky}\n"
            f'[output]\ndirectory = "{folder}"\nhistory = "{folder}/h.sqlite"\n',
            encoding="utf-8",
        )
        lines = list(check_settings(load(config, env={})))
        return Checked({line.subject: line for line in lines}, world)


@pytest.fixture(scope="module")
def ready(tmp_path_factory) -> Checked:
    return checked(tmp_path_factory.mktemp("ready"))


def test_the_twilight_that_comes_next_is_named(ready) -> None:
    assert ready.lines["twilight"].text.startswith("the next dusk has flats from")


def test_a_mount_that_may_be_moved_is_told_with_where_it_points(ready) -> None:
    line = ready.lines["mount"]
    assert line.ok
    assert "standing, 70° high in the" in line.text
    assert line.text.endswith("flatctl may move it")


def test_where_it_will_point_is_told_for_the_whole_window(ready) -> None:
    line = ready.lines["pointing"]
    assert line.ok
    assert "75° high" in line.text
    assert "at last" in line.text
    assert "the Sun 1" in line.text


def test_a_dome_has_to_be_open(ready) -> None:
    assert ready.lines["order and safety"].text == f"{ROOF}: open"


def test_the_light_of_each_filter_is_foretold(ready) -> None:
    assert ready.lines["light"].ok
    assert "10 flats" in ready.lines["light"].text


def test_a_check_moves_nothing(ready) -> None:
    assert ready.world.scene.mount.slews == 0
    assert ready.world.scene.mount.doing() is Doing.STANDING


def test_a_parked_mount_that_may_not_be_moved_ends_a_run(tmp_path) -> None:
    parked = MountHabits(starts=Doing.PARKED)
    line = checked(tmp_path, mount=parked, move=False, sky='position = "stay"').lines["pointing"]
    assert (line.ok, line.exit_code) == (False, ExitCode.UNSAFE)
    assert "is parked, and is to stay as it is" in line.text


def test_a_parked_mount_that_may_be_moved_is_well(tmp_path) -> None:
    lines = checked(tmp_path, mount=MountHabits(starts=Doing.PARKED)).lines
    assert lines["mount"].ok
    assert lines["pointing"].ok


def test_a_mount_of_another_site_ends_a_run(tmp_path) -> None:
    line = checked(tmp_path, north=1.0).lines["mount"]
    assert (line.ok, line.exit_code) == (False, ExitCode.UNSAFE)
    assert "correct the one that is wrong" in line.text


def test_a_place_near_the_sun_ends_a_run(tmp_path) -> None:
    with served(MountHabits()) as (_, world):
        site = world.scene.twilight.site
    az_deg = sun_at(datetime.now(UTC), site).az_deg
    line = checked(tmp_path, sky=f"position = [35.0, {az_deg:.1f}]").lines["pointing"]
    assert (line.ok, line.exit_code) == (False, ExitCode.UNSAFE)
    assert "from the Sun" in line.text
