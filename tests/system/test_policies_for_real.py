"""What must be so around the rig, with INDI's own mount, dome and weather station."""

import json
import subprocess

import pytest
import rigs
from indiserver import DOME, WEATHER

pytestmark = [pytest.mark.indi_bin, pytest.mark.timeout(300)]

MOUNT_NAME, DOME_NAME, WEATHER_NAME = "Telescope Simulator", "Dome Simulator", "Weather Simulator"
UNPARKED = f"{MOUNT_NAME}.TELESCOPE_PARK.UNPARK"
SHUTTER_OPEN = f"{DOME_NAME}.DOME_SHUTTER.SHUTTER_OPEN"
TAKEN, UNSAFE = 0, 6


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    """INDI's simulators: the mount tracks, the dome is open, a storm blows."""
    with rigs.stock_simulators(tmp_path_factory.mktemp("stock"), DOME, WEATHER) as made:
        for name in (DOME_NAME, WEATHER_NAME):
            rigs.await_property(made.port, f"{name}.CONNECTION.CONNECT")
            tell(made, f"{name}.CONNECTION.CONNECT=On")
        rigs.await_property(made.port, SHUTTER_OPEN)
        rigs.await_property(made.port, f"{WEATHER_NAME}.WEATHER_CONTROL.Wind")
        tell(made, f"{MOUNT_NAME}.TELESCOPE_PARK_OPTION.PARK_CURRENT=On")
        tell(made, f"{WEATHER_NAME}.WEATHER_CONTROL.Wind=40")
        tell(made, f"{WEATHER_NAME}.WEATHER_REFRESH.REFRESH=On")
        yield made


@pytest.fixture
def abroad(rig):
    """The rig with its mount unparked and its dome open."""
    tell(rig, f"{UNPARKED}=On")
    tell(rig, f"{SHUTTER_OPEN}=On")
    await_value(rig, UNPARKED, "On")
    await_value(rig, SHUTTER_OPEN, "On")
    return rig


def tell(rig, setting: str) -> None:
    subprocess.run(["indi_setprop", "-p", str(rig.port), setting], check=True)


def value(rig, name: str) -> str:
    command = ["indi_getprop", "-p", str(rig.port), "-1", name]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def await_value(rig, name: str, wanted: str) -> None:
    for _ in range(200):
        if value(rig, name) == wanted:
            return
    raise AssertionError(f"{name} is not {wanted}")


def around(**tables: dict[str, object]):
    """Set the tables of mount, dome and weather."""
    return rigs.environment(
        **{
            f"FLATCTL_{table.upper()}__{key.upper()}": str(said).lower()
            if isinstance(said, bool)
            else str(said)
            for table, keys in tables.items()
            for key, said in keys.items()
        }
    )


@pytest.mark.parametrize(
    ("tables", "ending"),
    [
        ({"mount": {"device": MOUNT_NAME, "policy": "wait", "wait_s": 1}}, UNSAFE),
        ({"dome": {"device": DOME_NAME, "policy": "stop"}}, UNSAFE),
        ({"weather": {"device": WEATHER_NAME, "policy": "wait", "wait_s": 1}}, UNSAFE),
        (
            {
                "mount": {"device": MOUNT_NAME, "policy": "ignore"},
                "dome": {"device": DOME_NAME, "policy": "ignore"},
                "weather": {"device": WEATHER_NAME, "policy": "ignore"},
            },
            TAKEN,
        ),
    ],
    ids=["mount wait", "dome stop", "weather wait", "all ignored"],
)
def test_a_policy_decides_and_nothing_moves(abroad, tmp_path, tables, ending):
    with around(**tables):
        run = abroad.run("--filter", "Red", "--count", 1, "--output", tmp_path / "flats")
    assert run.returncode == ending, run.stderr
    assert bool(list(tmp_path.rglob("*.fits"))) == (ending == TAKEN)
    assert value(abroad, UNPARKED) == "On"
    assert value(abroad, SHUTTER_OPEN) == "On"


def test_a_run_waits_until_somebody_has_parked_the_mount(abroad, tmp_path):
    tables = {"mount": {"device": MOUNT_NAME, "policy": "wait", "wait_s": 120}}
    wanted = ("--filter", "Red", "--count", 1, "--output", tmp_path / "flats", "--json")
    with around(**tables), rigs.started("run", abroad.config, *wanted) as run:
        for line in run.stdout:
            if "not parked" in json.loads(line).get("what", ""):
                assert value(abroad, UNPARKED) == "On"
                tell(abroad, f"{MOUNT_NAME}.TELESCOPE_PARK.PARK=On")
        assert run.wait(60) == TAKEN
        run.stderr.read()
    assert len(list(tmp_path.rglob("*.fits"))) == 1


def test_a_mount_is_parked_where_the_configuration_says_so(abroad, tmp_path):
    with around(mount={"device": MOUNT_NAME, "policy": "stop", "park": True}):
        run = abroad.run("--filter", "Red", "--count", 1, "--output", tmp_path / "flats")
    assert run.returncode == TAKEN, run.stderr
    assert value(abroad, f"{MOUNT_NAME}.TELESCOPE_PARK.PARK") == "On"
    assert value(abroad, SHUTTER_OPEN) == "On"
