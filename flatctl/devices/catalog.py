"""Every kind of light panel, and how one is made from its options.

A new kind is three things: a model in `flatctl.settings.panel`, a driver, and a row here. The
contract tests walk this table; a kind without a simulator or a model fails them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flatctl.settings.panel import AlnitakOptions, IndiOptions, ManualOptions, PanelOptions

if TYPE_CHECKING:
    from flatctl.devices.indi.client import IndiClient
    from flatctl.devices.protocols import LightPanel


@dataclass(frozen=True)
class PanelKind:
    """A row of the catalogue.

    `options` is the model of the kind's configuration, `build` makes a panel from it without
    touching hardware; the INDI client is only used by panels behind INDI. `tried_on` says what
    the driver has met: `hardware`, `simulator` or `nothing to try` for a light without a wire.
    """

    kind: str
    title: str
    options: type[PanelOptions]
    build: Callable[[Any, IndiClient], LightPanel]
    tried_on: str


def _alnitak(options: AlnitakOptions, _client: IndiClient) -> LightPanel:
    from flatctl.devices.serial.alnitak import AlnitakPanel

    return AlnitakPanel(
        options.port,
        terminator=options.terminator,
        filler=options.filler,
        boot_delay_s=options.boot_delay_s,
        rts=options.rts,
        dtr=options.dtr,
    )


def _indi(options: IndiOptions, client: IndiClient) -> LightPanel:
    from flatctl.devices.indi.panel import IndiPanel

    return IndiPanel(client, options.device)


def _manual(_options: ManualOptions, _client: IndiClient) -> LightPanel:
    from flatctl.devices.manual import ManualPanel

    return ManualPanel()


PANELS: dict[str, PanelKind] = {
    row.kind: row
    for row in (
        PanelKind(
            "alnitak",
            "Alnitak Flat-Man, Flip-Flat and look-alikes",
            AlnitakOptions,
            _alnitak,
            "simulator",
        ),
        PanelKind("indi", "Any light box behind INDI", IndiOptions, _indi, "simulator"),
        PanelKind("manual", "A fixed light", ManualOptions, _manual, "nothing to try"),
    )
}
