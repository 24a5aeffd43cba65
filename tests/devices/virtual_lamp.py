"""A lamp behind INDI whose driver does anything, with its client, in virtual time."""

import heapq
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TypeVar

import pytest

from flatctl.devices.deadline import Deadline
from flatctl.devices.indi import connecting
from flatctl.devices.indi.wire import registry
from flatctl.devices.indi.wire.client import IndiClient
from flatctl.devices.indi.wire.registry import Registry, Value
from flatctl.errors import NoReply
from hardware_sims.clock import VirtualClock

T = TypeVar("T")

LAMP = "Lamp"
NAME = "FLAT_LIGHT_CONTROL"
ON, OFF = "FLAT_LIGHT_ON", "FLAT_LIGHT_OFF"
_POLL_S = 0.25


@dataclass(frozen=True)
class Said:
    """One report: its state, and what `on` and `off` are reported as then."""

    state: str
    on: bool
    off: bool

    @property
    def is_off(self) -> bool:
        """Whether it says that the light is off, and nothing else."""
        return self.off and not self.on


@dataclass(frozen=True)
class Step:
    """What a driver does `after_s` its last step: switch the lamp, say something, or go.

    Of `on` and `off` it reports what is not `None`. It `goes` with its device, which is back at
    once, or with the connection.
    """

    after_s: float = 0.0
    lamp: bool | None = None
    state: str = ""
    on: bool | None = None
    off: bool | None = None
    goes: str = ""


@dataclass
class Driver:
    """Answers the n-th command with the n-th of its `reactions`, or the last one."""

    clock: VirtualClock
    reactions: Sequence[Sequence[Step]]
    lit: bool = True
    said: list[Said] = field(default_factory=lambda: [Said("Ok", on=True, off=False)])
    commanded: list[int] = field(default_factory=list)  # how much was said before each command
    _due: list[tuple[float, int, Step]] = field(default_factory=list)
    _order: Iterator[int] = field(default_factory=itertools.count)

    def command(self) -> None:
        """Take a command, and set out to react."""
        number = min(len(self.commanded), len(self.reactions) - 1)
        self.commanded.append(len(self.said))
        at_s = self.clock.monotonic()
        for step in self.reactions[number]:
            at_s += step.after_s
            heapq.heappush(self._due, (at_s, next(self._order), step))

    def next_s(self) -> float:
        """Return when the next step is due."""
        return self._due[0][0] if self._due else float("inf")

    def steps(self) -> Iterator[Step]:
        """Take the steps that are due."""
        while self._due and self._due[0][0] <= self.clock.monotonic():
            step = heapq.heappop(self._due)[2]
            if step.lamp is not None:
                self.lit = step.lamp
            if step.state:
                last = self.said[-1]
                on = last.on if step.on is None else step.on
                off = last.off if step.off is None else step.off
                self.said.append(Said(step.state, on, off))
            yield step


class VirtualClient(IndiClient):
    """The client of that driver, without a process or a socket."""

    def __init__(self, driver: Driver) -> None:
        super().__init__(socket="off")
        self.driver = driver
        self._serials = itertools.count(1)

    def open(self, timeout_s: float) -> None:
        if not self._is_well():
            self._registry, self.generation = Registry(), self.generation + 1
            self._connected, self._end, self._suspect = True, "", False
            self._define()

    def close(self) -> None:
        self._connected = False

    def look(self, look: Callable[[Registry], T]) -> T:
        for step in self.driver.steps():
            if step.goes == "connection":
                self._end = "it ended"
            elif step.goes:
                self._apply(at="device_gone", device=LAMP)
                self._define()
            elif step.state:
                self._report()
        return look(self._registry)

    def wait_for(self, look: Callable[[Registry], T | None], timeout_s: float) -> T | None:
        clock = self.driver.clock
        end_s = clock.monotonic() + timeout_s
        while (found := self.look(look)) is None:
            self._check_alive()
            left_s = end_s - clock.monotonic()
            if left_s <= 0:
                return None
            clock.sleep(min(left_s, _POLL_S, max(0.001, self.driver.next_s() - clock.monotonic())))
        return found

    def _request(self, do: str, timeout_s: float, **facts: object) -> int:
        self.look(lambda _: None)
        self._check_alive()
        if do == "send" and facts["name"] == NAME:
            self.driver.command()
        return self._registry.serial

    def _check_alive(self) -> None:
        if self._end:
            raise NoReply(self.name, f"the connection is lost ({self._end})")

    def _define(self) -> None:
        self._switches("CONNECTION", "Ok", CONNECT=True, DISCONNECT=False)
        info = [{"name": "DRIVER_INTERFACE", "label": "", "value": "1024"}]
        self._property("DRIVER_INFO", "text", "Idle", info)
        self._report()

    def _report(self) -> None:
        last = self.driver.said[-1]
        self._switches(NAME, last.state, **{ON: last.on, OFF: last.off})

    def _switches(self, name: str, state: str, **values: bool) -> None:
        made = [{"name": key, "label": key, "value": value} for key, value in values.items()]
        self._property(name, "switch", state, made)

    def _property(
        self, name: str, kind: str, state: str, elements: list[Mapping[str, Value]]
    ) -> None:
        self._apply(
            at="property",
            device=LAMP,
            name=name,
            kind=kind,
            state=state,
            writable=True,
            one_of_many=kind == "switch",
            elements=elements,
        )

    def _apply(self, **event: object) -> None:
        self._registry.apply({"serial": next(self._serials), **event})


@contextmanager
def clock_moved_by_tests() -> Iterator[VirtualClock]:
    """Give what stands behind a device the time of a virtual clock."""
    clock = VirtualClock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Deadline.__init__, "__defaults__", (clock.monotonic,))
        for module in (registry, connecting):
            patch.setattr(module, "time", SimpleNamespace(monotonic=clock.monotonic))
        yield clock
