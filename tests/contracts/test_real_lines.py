"""Every kind of panel over a real pseudo-terminal: what virtual time can't show of it."""

import pytest
from panel_bench import PtyLines, SerialFamily
from panel_benches import BENCHES

from flatctl.devices.protocols import CoverState
from flatctl.errors import Busy, Unreachable

FAMILIES = {
    kind: next(model for model in models.values() if isinstance(model, SerialFamily))
    for kind, models in BENCHES.items()
    if any(isinstance(model, SerialFamily) for model in models.values())
}


@pytest.fixture(params=FAMILIES)
def real(request, tmp_path):
    family = FAMILIES[request.param]
    with PtyLines() as lines, family.bench(request.param, tmp_path, lines) as found:
        yield found
        found.clear()


def test_it_shines_moves_and_goes_out_over_real_bytes_and_notices_a_pulled_cable(real):
    panel, light = real.opened(), real.light
    with pytest.raises(Busy, match="another program has the port open"):
        real.panel().open(real.limit_s)
    real.wire.faults.garble_replies = 1
    panel.set_brightness(100, real.limit_s)
    assert (light.lit, light.brightness) == (True, 100)
    panel.light_off(real.limit_s)
    assert not light.lit
    if getattr(panel, "has_cover", False):
        panel.open_cover(real.limit_s)
        panel.close_cover(real.limit_s)
        assert panel.cover_state(real.limit_s) is CoverState.CLOSED
    real.wire.pull_cable()
    with pytest.raises(Unreachable):
        panel.set_brightness(60, real.limit_s)
    real.wire.plug_in()
    panel.close()
    panel.open(real.limit_s)
    panel.set_brightness(60, real.limit_s)
    assert (light.lit, light.brightness) == (True, 60)
