"""The whole rig as an Alpaca server: the devices of a world, their management, and discovery."""

import re
import uuid
from types import TracebackType

from hardware_sims.alpaca.devices.axes import AlpacaFocuser, AlpacaRotator
from hardware_sims.alpaca.devices.camera import AlpacaCamera
from hardware_sims.alpaca.devices.device import Device, NotUnderstood, Refusal, Stage
from hardware_sims.alpaca.devices.observatory import AlpacaMount, AlpacaRoof, AlpacaWeather
from hardware_sims.alpaca.devices.panel import AlpacaPanel
from hardware_sims.alpaca.devices.wheel import AlpacaWheel
from hardware_sims.alpaca.discovery import Discovery
from hardware_sims.alpaca.faults import Faults
from hardware_sims.alpaca.habits import AlpacaHabits
from hardware_sims.alpaca.images import Image
from hardware_sims.alpaca.replies import Asked, Reply, plain, shown, told
from hardware_sims.alpaca.server import AlpacaServer
from hardware_sims.world import World

_MEMBER = re.compile(r"/api/v1/([a-z]+)/(0|[1-9][0-9]*)/([a-z]+)")
LOOPBACK, EVERYWHERE = "127.0.0.1", "0.0.0.0"
_SERVER = "flatctl's simulated rig"


class AlpacaRig:
    """The devices of a world behind one port, from `start` to `stop`, or as a context manager.

    All have number 0. `heard` lists what was asked: method, path and parameters. `discovery_port`
    is where it answers discovery as well: 0 for a free one, None for nowhere.
    """

    def __init__(
        self,
        world: World,
        habits: AlpacaHabits | None = None,
        *,
        host: str = LOOPBACK,
        port: int = 0,
        discovery_port: int | None = None,
    ) -> None:
        self.world, self.habits = world, habits or AlpacaHabits()
        self.port = port
        self.discovery_port = discovery_port
        self.devices: dict[str, Device] = {}
        self.heard: list[tuple[str, str, dict[str, str]]] = []
        self._faults = Faults()
        self.order, self.forgive = self._faults.order, self._faults.clear
        self._host = host
        self._stage = Stage(world, self.habits)
        self._server: AlpacaServer | None = None
        self._discovery: Discovery | None = None

    def start(self) -> None:
        """Switch the devices on and listen. Raises `OSError` where the port can't be had."""
        self._switch_on()
        self.listen()
        if self.discovery_port is not None:
            self._discovery = Discovery(self.port, self._host, self.discovery_port)
            self.discovery_port = self._discovery.port

    def stop(self) -> None:
        """Stop everything; the light is left as it is."""
        if self._discovery is not None:
            self._discovery.stop()
        self.stop_listening()
        self._switch_off()

    def __enter__(self) -> "AlpacaRig":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.stop()

    def url(self, kind: str) -> str:
        """Return how a configuration names the device of that type."""
        host = LOOPBACK if self._host == EVERYWHERE else self._host
        return f"alpaca://{host}:{self.port}/{kind}/0"

    def listen(self) -> None:
        """Take connections; on the port of before, if there was one."""
        self._server = AlpacaServer(self._answer, self._host, self.port, self.habits.keeps_s)
        self.port = self._server.port

    def stop_listening(self) -> None:
        """End all connections, and let new ones be refused; the devices go on."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def restart(self) -> None:
        """Let the program be ended and started: settings, connections and the frame are lost."""
        self.stop_listening()
        self._switch_off()
        self._switch_on()
        self.listen()

    def _switch_on(self) -> None:
        stage = self._stage = Stage(self.world, self.habits)
        scene = self.world.scene
        devices: list[Device] = [
            AlpacaCamera(stage),
            AlpacaWheel(stage),
            AlpacaPanel(stage),
            AlpacaRotator(stage),
            AlpacaFocuser(stage),
            AlpacaWeather(stage),
        ]
        if scene is not None and scene.mount is not None:
            devices.append(AlpacaMount(stage, scene.mount))
        if scene is not None and scene.roof is not None:
            devices.append(AlpacaRoof(stage, scene.roof))
        self.devices = {device.kind: device for device in devices}

    def _switch_off(self) -> None:
        self._stage.closing.set()
        self._stage.timers.stop()
        for device in self.devices.values():
            device.stop()

    def _answer(self, asked: Asked) -> Reply:
        self.heard.append((asked.method, asked.path, dict(asked.values)))
        if asked.path.startswith("/management/"):
            return self._manage(asked)
        found = _MEMBER.fullmatch(asked.path)
        if found is None:
            return plain(404, f"{asked.path}: not an address of the API (lower case?)")
        kind, number, member = found.groups()
        if kind not in self.devices or number != "0":
            return plain(400, f"there is no {kind} {number}")
        fault = self._faults.meet(kind, member)
        if fault is None:
            return self._ask(asked, self.devices[kind], member)
        if not fault.carried_out:
            return fault.change(told(asked))
        return fault.change(self._ask(asked, self.devices[kind], member))

    def _ask(self, asked: Asked, device: Device, member: str) -> Reply:
        try:
            value = device.answer(asked.method, member, asked.values, asked.client)
        except NotUnderstood as error:
            return plain(400, str(error))
        except Refusal as refusal:
            return told(asked, number=refusal.number, text=str(refusal))
        if isinstance(value, Image):
            return shown(asked, value, terse=self.habits.terse, json_only=self.habits.json_only)
        if asked.method == "PUT":
            return told(asked, terse=self.habits.terse)
        return told(asked, {"Value": value}, terse=self.habits.terse)

    def _manage(self, asked: Asked) -> Reply:
        managed: dict[str, object] = {
            "/management/apiversions": [1],
            "/management/v1/description": {
                "ServerName": _SERVER,
                "Manufacturer": "flatctl",
                "ManufacturerVersion": "1.0",
                "Location": self.world.scenario.name,
            },
            "/management/v1/configureddevices": [
                {
                    "DeviceName": device.name,
                    "DeviceType": _TYPES[device.kind],
                    "DeviceNumber": 0,
                    "UniqueID": str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{device.kind}.flatctl")),
                }
                for device in self.devices.values()
            ],
        }
        if asked.path not in managed or asked.method != "GET":
            return plain(404, f"{asked.method} {asked.path}: not an address of the API")
        return told(asked, {"Value": managed[asked.path]}, terse=self.habits.terse)


_TYPES = {
    "camera": "Camera",
    "filterwheel": "FilterWheel",
    "covercalibrator": "CoverCalibrator",
    "rotator": "Rotator",
    "focuser": "Focuser",
    "safetymonitor": "SafetyMonitor",
    "telescope": "Telescope",
    "dome": "Dome",
}
