"""Serial ports in memory, under the feet of every link of a test."""

from collections.abc import Iterator
from contextlib import contextmanager

from flatctl.devices.serial.ports import Ground, standing_on
from hardware_sims.serial_panels.virtual import VirtualLines


@contextmanager
def virtual_lines() -> Iterator[VirtualLines]:
    """Let every link that is made inside the block stand on ports in memory and a virtual clock."""
    lines = VirtualLines()
    with standing_on(Ground(lambda line: lines.open(line.url), lines.clock)):
        yield lines
