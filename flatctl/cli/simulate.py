"""`flatctl simulate`: a rig without hardware."""

from pathlib import Path
from typing import Annotated

import typer

EXAMPLES = (
    "flatctl simulate",
    "flatctl simulate dim --port 7625",
    "flatctl simulate mono --config /tmp/rig.toml --ready /tmp/rig.json",
    "flatctl simulate hot-lines",
    "flatctl simulate osc+gain-list --alpaca --port 11111",
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
            min=0,
            max=65535,
            metavar="PORT",
            help="TCP port of INDI, or of Alpaca with --alpaca; 0 for any free one.",
        ),
    ] = 0,
    alpaca: Annotated[
        bool,
        typer.Option(
            "--alpaca",
            help="Serve the same devices over Alpaca too, and configure these. Habits of Alpaca "
            "devices, after a plus, are listed by python -m hardware_sims --help.",
        ),
    ] = False,
    lan: Annotated[
        bool,
        typer.Option("--lan", help="Let other machines find and use what is served over Alpaca."),
    ] = False,
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

    Camera and wheel on INDI, the panel on a pseudo-terminal, or everything over Alpaca; prints a
    ready configuration.
    """
    from flatctl.app import simulate as app

    app.simulate(scenario, port, ready, config, alpaca=alpaca, lan=lan)
