"""`flatctl simulate`: a rig without hardware."""

from pathlib import Path
from typing import Annotated

import typer

EXAMPLES = (
    "flatctl simulate",
    "flatctl simulate dim --port 7625",
    "flatctl simulate mono --config /tmp/rig.toml --ready /tmp/rig.json",
    "flatctl simulate hot-lines",
)


def simulate(
    scenario: Annotated[
        str,
        typer.Argument(
            metavar="SCENARIO",
            help="mono, bright, dim, gamma, warmup, twelve, dead-filter, leak, 14-bit, pwm, osc "
            "or dslr; with quirks after a plus: osc+cmos+slow-link. Under the sky: dusk-clear, "
            "dusk-short, dusk-narrowband, dawn-clear, dawn-short, dawn-clouds, tropics, "
            "summer-58n, moonlit, mount-parked, roof-closed or no-mount.",
        ),
    ] = "mono",
    *,
    port: Annotated[
        int,
        typer.Option(
            min=0, max=65535, metavar="PORT", help="TCP port of INDI; 0 for any free one."
        ),
    ] = 0,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the configuration that fits the rig there."),
    ] = None,
    ready: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write ports and paths there, as JSON, once the rig is up."
        ),
    ] = None,
) -> None:
    """Serve a simulated rig until stopped.

    Camera and wheel on INDI, the panel on a pseudo-terminal; prints a ready configuration.
    """
    from flatctl.app import simulate as app

    app.simulate(scenario, port, ready, config)
