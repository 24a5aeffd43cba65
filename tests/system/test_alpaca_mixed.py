"""A rig of all sorts: an INDI camera, a panel behind Alpaca, another on a serial line."""

from contextlib import contextmanager

from alpaca_served import EXPOSURES, alpaca_panel, config_of, take_flats
from indi_served import indi_served

from hardware_sims import camera, wheel
from hardware_sims.alpaca.habits import AlpacaHabits
from hardware_sims.alpaca.rig import AlpacaRig
from hardware_sims.camera import SimCamera
from hardware_sims.panel import alnitak_on_a_pty
from hardware_sims.scenarios import scenario
from hardware_sims.wheel import SimWheel
from hardware_sims.world import World


@contextmanager
def mixed_rig():
    """Serve one world: camera and wheel over INDI, its panel over Alpaca."""
    world = World(scenario("mono", rows=120, cols=160))
    habits = AlpacaHabits(cover_s=0.1, per_client=True)
    with (
        AlpacaRig(world, habits) as rig,
        indi_served(lambda: [SimCamera(world), SimWheel(world)]) as port,
    ):
        yield (
            rig,
            (
                f'[indi]\nhost = "127.0.0.1"\nport = {port}\n'
                f'[camera]\ndevice = "{camera.NAME}"\n[wheel]\ndevice = "{wheel.NAME}"\n'
            ),
        )


def test_an_indi_camera_takes_flats_of_an_alpaca_panel_and_of_a_serial_one(tmp_path):
    with mixed_rig() as (rig, indi), alnitak_on_a_pty(rig.world) as serial:
        line = (
            f'[panel]\nkind = "alnitak"\nport = "{serial.path}"\nboot_delay_s = 0\nsettle_s = 0\n'
        )
        broad = config_of(tmp_path, indi, alpaca_panel(rig), flats=f'filters = ["L"]\n{EXPOSURES}')
        narrow = config_of(
            tmp_path, indi, line, flats=f'filters = ["Ha"]\n{EXPOSURES}', name="narrow"
        )
        for config in (broad, narrow):
            assert take_flats(config)[0] == 0
            assert not rig.world.light.lit
        flats = sorted(path.name.split("_")[1] for path in tmp_path.rglob("FLAT_*.fits"))
        assert flats == ["FILTER-Ha"] * 3 + ["FILTER-L"] * 3
        assert [path for _, path, _ in rig.heard if path.endswith("calibratoroff")]
