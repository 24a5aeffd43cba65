"""The levels of RTS and DTR after the link has opened a port, as the system reports them."""

import os
import subprocess
import sys

import pytest
from modem_shim import compiled_shim

from hardware_sims.light import Light
from hardware_sims.serial_panels.alnitak import SimulatedAlnitak
from hardware_sims.serial_panels.server import PtyServer

pytestmark = pytest.mark.compiler

OPEN_AND_LOOK = """
import array, fcntl, sys, termios
from flatctl.devices.serial.link import SerialLink
path, rts, dtr = sys.argv[1], sys.argv[2] == "True", sys.argv[3] == "True"
link = SerialLink(path, name="panel", baud=9600, rts=rts, dtr=dtr)
link.open()
lines = array.array("i", [0])
fcntl.ioctl(link._port.fileno(), termios.TIOCMGET, lines, True)
hangs_up = bool(termios.tcgetattr(link._port.fileno())[2] & termios.HUPCL)
print(bool(lines[0] & termios.TIOCM_RTS), bool(lines[0] & termios.TIOCM_DTR), hangs_up)
"""


@pytest.mark.parametrize(("rts", "dtr"), [(False, True), (False, False), (True, False)])
def test_the_modem_lines_are_as_asked_and_closing_will_not_drop_them(tmp_path, rts, dtr):
    env = {**os.environ, "LD_PRELOAD": str(compiled_shim(tmp_path))}
    with PtyServer(SimulatedAlnitak(Light(255))) as wire:
        command = [sys.executable, "-c", OPEN_AND_LOOK, wire.path, str(rts), str(dtr)]
        seen = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    assert seen.stdout.split() == [str(rts), str(dtr), "False"], seen.stderr
