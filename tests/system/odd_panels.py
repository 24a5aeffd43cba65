"""Cover calibrators with the habits of real ones, behind a scripted Alpaca server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from scripted_alpaca import NOT_IMPLEMENTED, Device, Refusal

OFF, NOT_READY, READY, UNKNOWN, ERROR = 1, 2, 3, 4, 5
CLOSED, MOVING, OPEN = 1, 2, 3


@dataclass
class OddPanel:
    """How it stands, and what it makes of orders; change what a test is about."""

    brightness: int = 0
    state: int = OFF
    most: int = 255
    interface: int = 2
    changing: bool = False
    cover: int = 0
    device: Device = field(init=False)

    def __post_init__(self) -> None:
        self.device = Device(
            {
                "interfaceversion": lambda: self.interface,
                "calibratorstate": lambda: self.state,
                "calibratorchanging": lambda: self._of_2(self.changing),
                "brightness": lambda: self.brightness,
                "maxbrightness": lambda: self.most,
                "coverstate": lambda: self.cover,
                "covermoving": lambda: self._of_2(self.cover == MOVING),
            },
            {
                "calibratoron": self.on,
                "calibratoroff": self.off,
                "opencover": lambda _: self.move(OPEN),
                "closecover": lambda _: self.move(CLOSED),
            },
        )

    @property
    def orders(self) -> dict[str, Any]:
        return self.device.orders

    @property
    def members(self) -> dict[str, Any]:
        return self.device.members

    def on(self, form: dict[str, str]) -> None:
        self.state, self.brightness = READY, int(form["Brightness"])

    def off(self, _form: dict[str, str]) -> None:
        self.state, self.brightness = OFF, 0

    def move(self, to: int) -> None:
        self.cover = to

    def _of_2(self, value: bool) -> bool:
        if self.interface < 2:
            raise Refusal(NOT_IMPLEMENTED)
        return value
