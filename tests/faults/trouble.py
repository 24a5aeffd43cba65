"""Breaks the devices of a simulated rig, at a chosen call or for a while."""

import math
from collections import defaultdict
from collections.abc import Callable
from functools import wraps

from flatctl.devices.protocols import PanelStatus
from flatctl.errors import BadReply, Fault, NoReply, Unreachable
from hardware_sims.fakes import FakeRig

CALLS = {
    "camera": ("open", "prepare", "start", "read"),
    "wheel": ("open", "start", "select"),
    "panel": ("open", "set_brightness", "light_off", "status"),
}
SERVED = ("camera", "wheel")  # what is reached through the INDI server

Happening = Callable[[], None]


class Trouble:
    """Stands before every call of a rig's devices; `before` sees each, by device and method."""

    def __init__(self, fake: FakeRig) -> None:
        self.fake = fake
        self._gone_until_s: dict[str, float] = defaultdict(float)
        self._mute_until_s: dict[str, float] = defaultdict(float)
        self._next: dict[tuple[str, str], list[Happening]] = defaultdict(list)
        self._lying = ""
        self._claimed: PanelStatus | None = None
        self.before: Callable[[str, str], None] = lambda device, method: None
        for device, methods in CALLS.items():
            for method in methods:
                self._stand_before(device, method)

    def _stand_before(self, device: str, method: str) -> None:
        target = getattr(self.fake, device)
        original = getattr(target, method)

        @wraps(original)
        def call(*arguments, **named):
            self.before(device, method)
            if self._gone_until_s[device] > self.now_s:
                target.close()
                raise Unreachable(target.name, "is gone", "look for it")
            if self._mute_until_s[device] > self.now_s:
                timeout_s = named.get("timeout_s", arguments[-1]) if method != "start" else 10.0
                self.fake.clock.sleep(timeout_s)
                raise NoReply(target.name, "is silent")
            if waiting := self._next[device, method]:
                waiting.pop(0)()
            if device == "panel" and self._lies(method):
                self._claimed = PanelStatus(True, arguments[0], confirmed=True)
                return None
            if device == "panel" and method == "status" and self._lying and self._claimed:
                return self._claimed
            if method == "light_off":
                self._claimed = None
            return original(*arguments, **named)

        setattr(target, method, call)

    def _lies(self, method: str) -> bool:
        if method == "open" and self._lying == "until opened":
            self._lying = ""
        return method == "set_brightness" and self._lying != ""

    @property
    def now_s(self) -> float:
        """The rig's own time."""
        return self.fake.clock.monotonic()

    def upon(self, device: str, method: str, happening: Happening, times: int = 1) -> None:
        """Let something happen just before the next calls of a method."""
        self._next[device, method] += [happening] * times

    def go_away(self, devices: tuple[str, ...], seconds: float = math.inf) -> None:
        """Let devices be unreachable."""
        for device in devices:
            self._gone_until_s[device] = self.now_s + seconds

    def come_back(self) -> None:
        """Let everything be there again."""
        self._gone_until_s.clear()

    def fall_silent(self, devices: tuple[str, ...], seconds: float) -> None:
        """Let devices answer nothing, so that each call ends with its time-out."""
        for device in devices:
            self._mute_until_s[device] = self.now_s + seconds

    def lie(self, how: str) -> None:
        """Let the panel report what it doesn't do, `until opened` or `always`."""
        self._lying = how
        self.fake.world.light.set(lit=True, brightness=1)

    def fails(self, device: str, what: str, kind: type = Fault) -> Happening:
        """Return what raises an error of that device."""

        def happen() -> None:
            raise kind(getattr(self.fake, device).name, what)

        return happen

    def hangs(self, device: str, seconds: float) -> Happening:
        """Return what takes that long and ends with silence."""

        def happen() -> None:
            self.fake.clock.sleep(seconds)
            raise NoReply(getattr(self.fake, device).name, f"no answer for {seconds:g} s")

        return happen

    def strays(self) -> None:
        """Turn the wheel to where nobody wants it, and own up to it."""
        turret = self.fake.world.turret
        turret.slot = (turret.slot + 2) % len(self.fake.world.scenario.filters)
        raise BadReply(self.fake.wheel.name, "stands at another slot")
