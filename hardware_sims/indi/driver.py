"""A simulated INDI device: connecting, checking what clients send, answering."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from indipydriver import Device, IPyDriver

from hardware_sims.indi.stdio import StdioLink
from hardware_sims.indi.vectors import choice, texts, turn_on

MAIN = "Main Control"
TELESCOPE_INTERFACE = 1 << 0
CCD_INTERFACE = 1 << 1
FILTER_INTERFACE = 1 << 4
DOME_INTERFACE = 1 << 5
DUSTCAP_INTERFACE = 1 << 9
LIGHTBOX_INTERFACE = 1 << 10


class SimDriver(IPyDriver):  # type: ignore[misc]  # because indipydriver has no types
    """One device with its properties, most of which exist only while it is connected.

    One that is `echoing` answers a switch with the members that it was sent, as they were sent.
    """

    def __init__(
        self,
        name: str,
        executable: str,
        interface: int,
        properties: Iterable[Any],
        *,
        echoing: bool = False,
    ) -> None:
        self._sim = Device(
            name,
            [
                choice(
                    "CONNECTION",
                    "Connection",
                    MAIN,
                    "DISCONNECT",
                    CONNECT="Connect",
                    DISCONNECT="Disconnect",
                ),
                texts(
                    "DRIVER_INFO",
                    "Driver Info",
                    "General Info",
                    perm="ro",
                    DRIVER_NAME=name,
                    DRIVER_EXEC=executable,
                    DRIVER_VERSION="1.0",
                    DRIVER_INTERFACE=str(interface),
                ),
                *properties,
            ],
        )
        super().__init__(self._sim)
        self._later = [v for n, v in self._sim.items() if n not in ("CONNECTION", "DRIVER_INFO")]
        for vector in self._later:
            vector.enable = False
        self._actions: dict[str, Callable[[Any], Awaitable[None]]] = {
            "CONNECTION": self._connection
        }
        self._tasks: set[asyncio.Task[None]] = set()
        self._echoing = echoing

    def vector(self, name: str) -> Any:
        """Return the property of that name."""
        return self._sim.data[name]

    def on_new(self, name: str, action: Callable[[Any], Awaitable[None]]) -> None:
        """Let `action` deal with what clients send for that property."""
        self._actions[name] = action

    def begin(self, job: Awaitable[None]) -> asyncio.Task[None]:
        """Run `job` beside everything else; it can be cancelled."""

        async def run() -> None:
            await job

        task = asyncio.get_running_loop().create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def rxevent(self, event: Any) -> None:
        """Deal with what a client sent."""
        action = self._actions.get(event.vectorname)
        if action is not None:
            await action(event)

    def switch(self, event: Any, member: str | None) -> None:
        """Switch on that member of the property that a client sent, and all others off.

        Who is echoing has what it was sent instead, and leaves the others as they are.
        """
        if not self._echoing:
            turn_on(event.vector, member)
            return
        for name, value in event.items():
            event.vector[name] = value

    async def choose(self, event: Any) -> None:
        """Take the member of a switch property that a client switched on."""
        wanted = [name for name, value in event.items() if value == "On"]
        if wanted:
            self.switch(event, wanted[-1])
        await event.vector.send_setVector(state="Ok")

    async def take_texts(self, event: Any) -> None:
        """Take the texts that a client sent."""
        for name, value in event.items():
            # indiserver puts line breaks around texts.
            event.vector[name] = value.strip()
        await event.vector.send_setVector(state="Ok")

    async def take_numbers(self, event: Any) -> None:
        """Take the numbers that a client sent, unless one is out of range."""
        wanted = await self.accepted(event)
        if wanted is not None:
            for name, value in wanted.items():
                event.vector[name] = value
            await event.vector.send_setVector(state="Ok")

    async def take_whole_numbers(self, event: Any) -> None:
        """Take the numbers that a client sent, unless one is out of range."""
        wanted = await self.accepted(event)
        if wanted is not None:
            for name, value in wanted.items():
                event.vector[name] = int(value)
            await event.vector.send_setVector(state="Ok")

    async def accepted(self, event: Any) -> dict[str, float] | None:
        """Return the numbers that a client sent, or refuse them all if one is out of range.

        Numbers that were not sent keep their value. A refusal is an Alert with the old values
        and a message, as INDI's base classes do it.
        """
        vector = event.vector
        wanted: dict[str, float] = {}
        for name, member in vector.data.items():
            try:
                sent = name in event
                value = event.getfloatvalue(name) if sent else member.getfloatvalue()
            except TypeError:
                await self.refuse(vector, f"{name}: {event[name]!r} is not a number")
                return None
            if sent and not float(member.min) <= value <= float(member.max):
                await self.refuse(
                    vector, f"{name}: {value:g} is out of range {member.min} to {member.max}"
                )
                return None
            wanted[name] = value
        return wanted

    async def refuse(self, vector: Any, why: str) -> None:
        """Answer with an Alert that carries the values as they were."""
        await self.say(f"[ERROR] {vector.name}: {why}")
        await vector.send_setVector(state="Alert")

    async def say(self, message: str) -> None:
        """Send a message for the user."""
        await self._sim.send_device_message(message)

    async def connected(self) -> None:
        """Begin what goes on by itself; called once the properties are there."""

    async def disconnected(self) -> None:
        """Stop what is under way; called before the properties go."""

    async def _connection(self, event: Any) -> None:
        vector = event.vector
        connect = event.get("CONNECT") == "On" or event.get("DISCONNECT") == "Off"
        already = vector["CONNECT"] == "On"
        self.switch(event, "CONNECT" if connect else "DISCONNECT")
        if connect:
            await vector.send_setVector(state="Ok")
            for each in self._later:
                each.enable = True
                await each.send_defVector()
            if not already:
                await self.connected()
        else:
            if already:
                await self.disconnected()
            await vector.send_setVector(state="Idle")
            for each in self._later:
                if each.enable:
                    await each.send_delProperty()

    async def send_blob(self, name: str, content: bytes, form: str, size: int) -> None:
        """Send a BLOB whose only member has the property's name.

        `form` is its format such as `.fits`, `size` its length before compression in bytes.
        """
        link = self._commsobj
        vector = self.vector(name)
        if isinstance(link, StdioLink) and link.passes_files and size == len(content):
            await link.send_file(self._sim.devicename, name, content, form)
            return
        member = vector.data[name]
        member.blobformat = form
        vector[name] = content
        # The size sticks at that of the first BLOB otherwise.
        vector.set_blobsize(name, size)
        await vector.send_setVectorMembers(state="Ok", members=[name])


def run_under_indiserver(make: Callable[[], SimDriver]) -> None:
    """Serve a driver on standard input and output until the server goes away."""

    async def run() -> None:
        driver = make()
        driver._commsobj = StdioLink(driver)
        await driver.asyncrun()

    try:
        asyncio.run(run())
    except ValueError as error:
        sys.exit(str(error))
    except (BrokenPipeError, ConnectionResetError, KeyboardInterrupt):
        sys.exit(0)
