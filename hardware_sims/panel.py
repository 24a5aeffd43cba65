"""The simulated serial panel on a pseudo-terminal of its own: `flatctl_sim_panel`.

For use beside the drivers under indiserver, with which it shares its light.
"""

import argparse
import signal
from pathlib import Path

from hardware_sims.serial_panels.alnitak import SimulatedAlnitak
from hardware_sims.serial_panels.server import PtyServer
from hardware_sims.shared import shared_world
from hardware_sims.world import World


def alnitak_on_a_pty(world: World, link: Path | None = None) -> PtyServer:
    """Return a server, not started yet, of an Alnitak Flat-Man that switches the world's light."""
    return PtyServer(SimulatedAlnitak(world.light), link=link)


def main() -> None:
    """Serve the panel until stopped; print the device file to open."""
    parser = argparse.ArgumentParser(
        prog="flatctl_sim_panel",
        description="Serve a simulated Alnitak Flat-Man on a pseudo-terminal until stopped.",
        epilog="Example: flatctl_sim_panel --link /tmp/flat-panel",
    )
    parser.add_argument("--link", type=Path, help="also make it known under this name")
    wanted = parser.parse_args()
    stops = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    with alnitak_on_a_pty(shared_world(), wanted.link) as served:
        print(served.path, flush=True)
        signal.sigwait(stops)


if __name__ == "__main__":
    main()
