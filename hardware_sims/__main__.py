"""`python -m hardware_sims`: serve the simulated rig until stopped."""

import argparse
import sys
from pathlib import Path

from hardware_sims.alpaca.habits import HABITS
from hardware_sims.quirks import QUIRKS
from hardware_sims.scenarios import SCENARIOS
from hardware_sims.serving import Wanted, serve
from hardware_sims.sky.scenarios import SKY_SCENARIOS


def main() -> None:
    """Parse the command line and serve."""
    scenarios = "\n".join(
        f"  {rig.name:16} {rig.summary}" for rig in (SCENARIOS | SKY_SCENARIOS).values()
    )
    quirks = "\n".join(f"  {each.name:14} {each.summary}" for each in QUIRKS.values())
    habits = "\n".join(f"  {each.name:16} {each.summary}" for each in HABITS.values())
    parser = argparse.ArgumentParser(
        prog="python -m hardware_sims",
        description="Serve a simulated camera, filter wheel and light panel until stopped.",
        epilog=f"scenarios:\n{scenarios}\n\nquirks, alone or after a plus:\n{quirks}\n\n"
        f"habits of Alpaca devices, with --alpaca, after a plus as well:\n{habits}\n\n"
        "example: python -m hardware_sims osc+cmos+slow-link --port 7624",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("scenario", nargs="?", default="mono", metavar="SCENARIO")
    parser.add_argument("--port", type=int, default=0, help="TCP port; a free one when absent")
    parser.add_argument("--alpaca", action="store_true", help="over Alpaca, on that port")
    parser.add_argument("--lan", action="store_true", help="other machines find and use it, too")
    parser.add_argument("--ready", type=Path, help="file written once everything is ready")
    parser.add_argument("--config", type=Path, help="file for the configuration that fits the rig")
    given = parser.parse_args()
    wanted = Wanted(
        given.scenario, given.port, given.ready, given.config, alpaca=given.alpaca, lan=given.lan
    )
    try:
        wanted.rig()
    except ValueError as error:
        parser.error(str(error))
    try:
        serve(wanted)
    except OSError as error:
        sys.exit(f"simulated rig: {error}")


if __name__ == "__main__":
    main()
