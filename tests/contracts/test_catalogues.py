"""Every row of every catalogue has a bench to be tried on, and every bench has a row."""

import camera_benches
import device_benches
import pytest

from flatctl.devices.catalog import CATALOGUES, PANELS, TRANSPORTS
from flatctl.settings.models import Settings
from flatctl.settings.panels import PANEL_MODELS
from flatctl.settings.tables import Table

ROWS = {(name, one.table) for one in CATALOGUES for name in one.rows}
RIG = {(transport, table) for transport in camera_benches.BENCHES for table in ("camera", "wheel")}


@pytest.mark.parametrize(("transport", "table"), sorted(ROWS))
def test_every_row_has_a_bench(transport, table):
    name = "camera_benches.py" if table in ("camera", "wheel") else "device_benches.py"
    assert (transport, table) in RIG | set(device_benches.BENCHES), (
        f"a {table} over {transport} can be configured, and nothing tries one: "
        f"give it a bench in tests/contracts/{name}"
    )


@pytest.mark.parametrize(("transport", "table"), sorted(RIG | set(device_benches.BENCHES)))
def test_every_bench_is_for_a_row(transport, table):
    assert (transport, table) in ROWS


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda one: one.table)
def test_every_catalogue_is_of_a_table_that_names_a_device(catalogue):
    annotation = Settings.model_fields[catalogue.table].annotation
    models = getattr(annotation, "__args__", (annotation,))
    assert any(issubclass(one, Table) and "device" in one.model_fields for one in models)


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda one: one.table)
def test_every_row_is_entered_under_the_name_of_its_transport(catalogue):
    assert [row.transport.name for row in catalogue.rows.values()] == list(catalogue.rows)


def test_every_transport_of_a_row_is_searched_for_devices():
    panels = [row.reached for row in PANELS.values() if row.reached is not None]
    used = {row.transport.name for one in [*CATALOGUES, *panels] for row in one.rows.values()}
    assert used == {transport.name for transport in TRANSPORTS}


def test_every_kind_of_panel_that_can_be_configured_has_a_row():
    assert set(PANEL_MODELS) == set(PANELS), (
        "each kind of panel has options in flatctl/settings/panels.py and a row in PANELS"
    )
