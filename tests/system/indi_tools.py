"""A driver under the real indiserver, asked and told by INDI's own tools."""

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

LIMIT_S = 20.0


@dataclass
class Driver:
    """A driver by the port of its server and its device name."""

    port: int
    device: str

    def get(self, element: str) -> str:
        """Return PROPERTY.ELEMENT, or the state with PROPERTY._STATE; empty where there is none."""
        command = ["indi_getprop", "-p", str(self.port), "-t", "1", "-1"]
        command.append(f"{self.device}.{element}")
        return subprocess.run(command, capture_output=True, text=True, timeout=30).stdout.strip()

    def set(self, kind: str, element: str, value: object) -> None:
        """Set PROPERTY.ELEMENT; `kind` is -s for a switch, -n for a number, -x for a text."""
        spec = f"{self.device}.{element}={value}"
        command = ["indi_setprop", "-p", str(self.port), kind, spec]
        subprocess.run(command, check=True, timeout=30)

    def try_to_connect(self, path: str) -> None:
        """Ask it to connect to the panel at that device file, and to no other."""
        until(lambda: self.get("CONNECTION.CONNECT") == "Off")
        self.set("-s", "DEVICE_AUTO_SEARCH.INDI_DISABLED", "On")
        self.set("-x", "DEVICE_PORT.PORT", path)
        self.set("-s", "CONNECTION.CONNECT", "On")

    def connect(self, path: str) -> None:
        """Connect it to the panel at that device file."""
        self.try_to_connect(path)
        until(lambda: self.get("CONNECTION.CONNECT") == "On")

    def switch_light(self, position: str) -> None:
        """Switch the light ON or OFF."""
        self.set("-s", f"FLAT_LIGHT_CONTROL.FLAT_LIGHT_{position}", "On")

    def dial(self, level: int) -> None:
        """Set the brightness, in the driver's own units."""
        self.set("-n", "FLAT_LIGHT_INTENSITY.FLAT_LIGHT_INTENSITY_VALUE", level)


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition; fail when it does not come true in time."""
    end = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
