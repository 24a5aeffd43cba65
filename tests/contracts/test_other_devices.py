"""What the engine relies on in every rotator, focuser, mount, dome and weather station."""

from functools import partial

import pytest
from device_benches import BENCHES

from flatctl.devices.catalog import CATALOGUES
from flatctl.devices.protocols import ConditionStatus

AXES = {"rotator": "turn", "focuser": "move"}
TRANSPORTS = {
    one.table: [name for name in one.rows if (name, one.table) in BENCHES] for one in CATALOGUES
}


def each(*tables: str) -> pytest.MarkDecorator:
    found = [(transport, table) for table in tables for transport in TRANSPORTS[table]]
    return pytest.mark.parametrize(
        ("table", "serve"),
        [pytest.param(t, partial(BENCHES[w, t], t), id=f"{t}-{w}") for w, t in found],
    )


@each(*AXES)
def test_its_name_is_known_before_it_is_opened(table, serve):
    with serve(at=120.0) as bench:
        assert bench.device.name


@each(*AXES)
def test_opening_says_where_it_stands(table, serve):
    with serve(at=120.0) as bench:
        assert bench.device.open(bench.limit_s) == 120


@each(*AXES)
def test_it_gets_where_it_is_sent_and_says_so(table, serve):
    with serve(at=120.0) as bench:
        bench.device.open(bench.limit_s)
        assert getattr(bench.device, AXES[table])(200, bench.limit_s) == 200
        assert bench.stands["at"] == 200


@each(*AXES)
def test_closing_before_opening_and_twice_is_no_error(table, serve):
    with serve(at=120.0) as bench:
        bench.device.close()
        bench.device.open(bench.limit_s)
        bench.device.close()
        bench.device.close()


@each("mount", "dome", "weather")
def test_what_is_as_it_must_be_is_met(table, serve):
    with serve(well=True) as bench:
        assert bench.device.status(bench.limit_s).met


@each("mount", "dome", "weather")
def test_what_is_not_as_it_must_be_is_known_and_not_met(table, serve):
    with serve(well=False) as bench:
        status = bench.device.status(bench.limit_s)
        assert (status.met, status.known) == (False, True)


@each("mount")
def test_a_mount_that_is_told_to_park_is_parked(table, serve):
    with serve(well=False) as bench:
        bench.device.park(bench.limit_s)
        assert bench.device.status(bench.limit_s) == ConditionStatus(True, "parked")
        assert bench.stands["well"]
