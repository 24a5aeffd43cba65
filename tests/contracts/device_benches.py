"""Rotators, focusers, mounts, domes and weather stations to try, by transport and table."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from indi_served import connections_to, indi_served
from scripted_alpaca import Device, scripted_alpaca

from flatctl.devices.catalog import CATALOGUES
from flatctl.settings.alpaca import TYPES
from hardware_sims.indi.driver import MAIN, SimDriver
from hardware_sims.indi.vectors import Number, choice, numbers, texts, turn_on

MOVE_S = 0.1


@dataclass
class DeviceBench:
    """A device, not opened, and how it really stands: where it is, or whether all is well."""

    device: Any
    stands: dict[str, Any] = field(default_factory=dict)
    limit_s: float = 20.0


class SimAxis(SimDriver):
    """A rotator or a focuser: one number that takes a moment to get where it is sent."""

    def __init__(self, name: str, bit: int, at: tuple[str, str], stands: dict[str, Any]) -> None:
        self._name, self._element = at
        number = Number(self._element, self._element, stands["at"], 0, 10_000)
        super().__init__(name, "sim", bit, [numbers(self._name, self._name, MAIN, number)])
        self._stands = stands
        self.on_new(self._name, self._move)

    async def _move(self, event: Any) -> None:
        wanted = await self.accepted(event)
        if wanted is not None:
            vector = self.vector(self._name)
            await vector.send_setVector(state="Busy")
            await asyncio.sleep(MOVE_S)
            self._stands["at"] = vector[self._element] = wanted[self._element]
            await vector.send_setVector(state="Ok")


class SimState(SimDriver):
    """A mount or a dome as some other program has connected it: one of two switches is on."""

    def __init__(self, name: str, bit: int, switch: str, well: str, ill: str, stands: Any) -> None:
        on = well if stands["well"] else ill
        switches = choice(switch, switch, MAIN, on, **{well: well, ill: ill})
        super().__init__(name, "sim", bit, [switches])
        turn_on(self.vector("CONNECTION"), "CONNECT")
        self.vector(switch).enable = True
        self._switch, self._well, self._stands = switch, well, stands
        self.on_new(switch, self._park)

    async def _park(self, event: Any) -> None:
        vector = event.vector
        await vector.send_setVector(state="Busy")
        await asyncio.sleep(MOVE_S)
        self._stands["well"] = True
        turn_on(vector, self._well)
        await vector.send_setVector(state="Ok")


class SimWeather(SimDriver):
    """A weather station, told by the state of its report."""

    def __init__(self, name: str, stands: dict[str, Any]) -> None:
        report = texts("WEATHER_STATUS", "Status", MAIN, perm="ro", WIND="0")
        super().__init__(name, "sim", 1 << 7, [report])
        report.state = "Ok" if stands["well"] else "Alert"


def _driver(table: str, stands: dict[str, Any]) -> SimDriver:
    match table:
        case "rotator":
            return SimAxis(table, 1 << 12, ("ABS_ROTATOR_ANGLE", "ANGLE"), stands)
        case "focuser":
            place = ("ABS_FOCUS_POSITION", "FOCUS_ABSOLUTE_POSITION")
            return SimAxis(table, 1 << 3, place, stands)
        case "mount":
            return SimState(table, 1 << 0, "TELESCOPE_PARK", "PARK", "UNPARK", stands)
        case "dome":
            switches = ("DOME_SHUTTER", "SHUTTER_CLOSE", "SHUTTER_OPEN")
            return SimState(table, 1 << 5, *switches, stands)
        case _:
            return SimWeather(table, stands)


@contextmanager
def behind_indi(table: str, **stands: Any) -> Iterator[DeviceBench]:
    """Serve a simulated device of that table over INDI; it stands as told, at first."""
    catalogue = next(one for one in CATALOGUES if one.table == table)
    with (
        indi_served(lambda: [_driver(table, stands)]) as port,
        connections_to(port) as connections,
    ):
        yield DeviceBench(catalogue.build(connections, table), stands)


@contextmanager
def behind_alpaca(table: str, **stands: Any) -> Iterator[DeviceBench]:
    """Serve a device of that table over Alpaca; it stands as told, at first."""
    catalogue = next(one for one in CATALOGUES if one.table == table)
    path = f"{TYPES[table]}/0"
    with scripted_alpaca({path: _scripted(table, stands)}) as server, connections_to(7624) as rig:
        yield DeviceBench(catalogue.build(rig, server.url(path)), stands)


def _scripted(table: str, stands: dict[str, Any]) -> Device:
    match table:
        case "mount":
            parks = {"park": lambda _: stands.update(well=True)}
            members = {"canpark": True, "slewing": False, "atpark": lambda: stands["well"]}
            return Device(members, parks)
        case "rotator":
            return _axis(stands, "movemechanical", "mechanicalposition")
        case "focuser":
            return _axis(stands, "move", "position", absolute=True, maxstep=10_000)
        case "dome":
            return Device({"shutterstatus": lambda: 1 if stands["well"] else 0})
        case _:
            return Device({"issafe": lambda: stands["well"]})


def _axis(stands: dict[str, Any], order: str, where: str, **members: Any) -> Device:
    moving = threading.Event()

    def move(form: dict[str, str]) -> None:
        def arrive() -> None:
            stands["at"] = float(form["Position"])
            moving.clear()

        moving.set()
        threading.Timer(MOVE_S, arrive).start()

    told = {"ismoving": moving.is_set, where: lambda: stands["at"]}
    return Device({**told, **members}, {order: move})


TABLES = ("rotator", "focuser", "mount", "dome", "weather")
BENCHES: dict[tuple[str, str], Callable[..., AbstractContextManager[DeviceBench]]] = {
    (transport, table): behind
    for transport, behind in (("indi", behind_indi), ("alpaca", behind_alpaca))
    for table in TABLES
}
