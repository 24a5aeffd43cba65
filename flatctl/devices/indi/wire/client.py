"""The parent's side of INDI: requests with deadlines, and a registry of what the devices say.

Camera, wheel and panel of a rig share one `IndiClient`. Behind it lives the child process of
`worker.py`, one per connection; when it died, froze or fell silent, the next call starts another.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Mapping
from typing import Any, Self, TypeVar

from flatctl.devices.deadline import Deadline
from flatctl.devices.indi.wire import trace
from flatctl.devices.indi.wire.as_found import AsFound
from flatctl.devices.indi.wire.child import Child
from flatctl.devices.indi.wire.local import AUTO, OFF, NoLocalSocket, local_socket
from flatctl.devices.indi.wire.registry import Property, Registry, Value
from flatctl.devices.log import HEARD, REMARK, SENT, current_log
from flatctl.errors import Fault, NoReply, Unfit, Unreachable

T = TypeVar("T")

_PULSE_S = 2.0
_POLL_S = 0.1
_WORDS_S = 0.2
_LEAST_S = 0.5
_UNCHANGED_S = 2.0
LOG = "see indiserver's log"
_CHILD = "memory may have run out (journalctl -k); if it comes back, please report it"


class IndiClient:
    """A connection to an INDI server, shared by everything that is reached through it.

    A child process that does not answer within `silence_s` counts as frozen. A server on
    this machine is reached over its local `socket` (a path, `auto` to find it, `off` for none)
    where it has one; `tell` hears when it has none. `as_found` remembers how devices stood before
    they were set; without one that is forgotten with this.
    """

    def __init__(
        self,
        host: str = "localhost",
        port: int = 7624,
        *,
        silence_s: float = 10.0,
        socket: str = AUTO,
        tell: Callable[[str], None] | None = None,
        as_found: AsFound | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self.as_found = as_found or AsFound(None, f"{host}:{port}")
        self.path: str | None = None  # of the local socket it is connected over
        self.generation = 0
        self._silence_s = silence_s
        self._log = current_log()
        self._socket = socket
        self._tell = tell
        self._told: set[str] = set()
        self._opening = threading.Lock()
        self._change = threading.Condition(threading.RLock())
        self._registry = Registry()
        self._child: Child | None = None
        self._connected = False
        self._end = ""
        self._child_is_gone = False  # by itself, and not since the server had ended
        self._suspect = False
        self._numbers = itertools.count(1)
        self._replies: dict[int, int] = {}
        self._blobs: set[tuple[str, str]] = set()

    @property
    def name(self) -> str:
        """The server, as messages to the user call it."""
        return f"INDI server {self.host}:{self.port}"

    @property
    def pid(self) -> int | None:
        """The process id of the child, `None` while there is none."""
        return self._child.pid if self._child else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self, timeout_s: float) -> None:
        """Connect, unless a connection is there and answers.

        Raises `Unreachable` when nobody answers within `timeout_s`.
        """
        deadline = Deadline(timeout_s)
        with self._opening:
            if self._is_well() and self._answers(min(self._silence_s, timeout_s / 2)):
                return
            self._drop()
            self._connect(deadline.left_s)
            for device, name in self._blobs:
                self._request("blobs", self._silence_s, device=device, name=name, wanted=True)

    def close(self) -> None:
        """End the connection; devices stay as they are."""
        with self._opening:
            self._drop()

    def wait_for(self, look: Callable[[Registry], T | None], timeout_s: float) -> T | None:
        """Return the first thing that `look` finds in the registry, `None` after `timeout_s`.

        `look` runs at once and after each change; it may raise. Raises `NoReply` when the
        connection or the child process is lost meanwhile.
        """
        deadline = Deadline(timeout_s)
        ping, pulse, silence = 0, Deadline(_PULSE_S), Deadline(self._silence_s)
        with self._change:
            while True:
                if (found := look(self._registry)) is not None:
                    return found
                self._check_alive()
                if deadline.over:
                    return None
                if ping in self._replies:
                    del self._replies[ping]
                    ping = 0
                if ping and silence.over:
                    raise self._frozen()
                if not ping and pulse.over:
                    ping = self._post("ping")
                    pulse, silence = Deadline(_PULSE_S), Deadline(self._silence_s)
                self._change.wait(min(deadline.left_s, _POLL_S))

    def await_change(
        self,
        device: str,
        name: str,
        since: int,
        there: Callable[[Property], bool],
        timeout_s: float,
        *,
        doing: str,
        remedy: str = LOG,
    ) -> Property | None:
        """Return a property that was reported anew after the event `since`, at rest and `there`.

        Also one that went into Alert since, for the caller to make a `refusal` of; `None` after
        `timeout_s`. Raises `Fault` where the driver is gone `doing` that.
        """

        def look(registry: Registry) -> Property | None:
            now = registry.find(device, name)
            if now is None or registry.devices[device].born > since:
                raise Fault(device, f"its driver died or disconnected {doing}", remedy)
            arrived = now.serial > since and now.state != "Busy" and there(now)
            return now if arrived or now.alerted > since else None

        return self.wait_for(look, timeout_s)

    def refusal(self, device: str, since: int, what: str, remedy: str = LOG) -> Fault:
        """Make the error of a refusal, with what the driver said of it, or else `remedy`."""
        # The driver's words may come just before or just after its Alert.
        words = self.wait_for(lambda r: r.message_since(device, since) or None, _WORDS_S)
        return Fault(device, what, f"its driver says: {words}" if words else remedy)

    def look(self, look: Callable[[Registry], T]) -> T:
        """Return what `look` sees in the registry now."""
        with self._change:
            return look(self._registry)

    def find(self, device: str, name: str) -> Property | None:
        """Return a property as reported last, `None` where the device has none of that name."""
        return self.look(lambda registry: registry.find(device, name))

    def silent(self, device: str, what: str, remedy: str = "", *, since: int = 0) -> NoReply:
        """Make the error of a device that fell silent; the next `open` connects anew.

        With what the child could not take in after the event `since`: that may be all that was
        missing.
        """
        self._suspect = True
        return NoReply(device, what + self.trouble(since), remedy)

    def trouble(self, since: int = 0) -> str:
        """Return what the child could not take in last, as an addition to a message."""
        serial, what = self.look(lambda registry: registry.trouble)
        return f" (not understood meanwhile: {what})" if serial > since else ""

    def remark(self, device: str, what: str) -> None:
        """Tell the user, once, of something odd that nothing fails of."""
        words = f"{device}: {what}"
        if self._log is not None:
            self._log.note(device, REMARK, what)
        if self._tell is not None and words not in self._told:
            self._told.add(words)
            self._tell(words)

    def need(self, device: str, name: str, timeout_s: float) -> Property:
        """Return a property of a device, connecting to the server first where necessary.

        Raises `Fault` where the device has no such property after `timeout_s`.
        """
        deadline = Deadline(timeout_s)
        if not self._is_well():
            self.open(timeout_s)
        found = self.wait_for(lambda registry: registry.find(device, name), deadline.left_s)
        if found is None and device not in self.look(lambda registry: registry.devices):
            raise self.silent(device, f"is not on the {self.name}", "is its driver running?")
        if found is None:
            what = f"has no {name}{self.trouble()}"
            raise Fault(device, what, "is it connected, and the right device?")
        return found

    def send(self, device: str, name: str, values: Mapping[str, Value], timeout_s: float) -> int:
        """Ask for new values without waiting for the driver; return the newest event before.

        Raises `Fault` where the property is missing, read-only, or a number is out of its range.
        """
        known = self.need(device, name, timeout_s)
        _check_allowed(known, values)
        values = known.whole(values)
        patience_s = min(self._silence_s, max(_LEAST_S, timeout_s))
        return self._request(
            "send", patience_s, kind=known.kind, device=device, name=name, values=values
        )

    def set(
        self, device: str, name: str, values: Mapping[str, Value], timeout_s: float
    ) -> Property:
        """Ask for new values and wait until the driver reports exactly these.

        Of switches of which one must be on, name that one; the others have to be off. Raises
        `Fault` where the driver refuses or reports something else, `NoReply` where nothing.
        """
        deadline = Deadline(timeout_s)
        before = self.need(device, name, timeout_s)
        wanted, values = values, before.whole(values)
        since = self.send(device, name, values, deadline.left_s)
        # Some drivers say nothing when nothing changes.
        grace_s = min(deadline.left_s, _UNCHANGED_S) if before.holds(values) else deadline.left_s
        doing = f"when {name} was set"
        after = self.await_change(
            device, name, since, lambda now: now.holds(values), grace_s, doing=doing
        ) or self.find(device, name)
        if after is not None and after.alerted > since:
            raise self.refusal(device, since, f"refuses {name} {_words(wanted)}", remedy="")
        if after is not None and after.holds(values):
            return after
        if after is None or after.serial <= since:
            raise self.silent(
                device,
                f"did not answer within {timeout_s:g} s when {name} was set",
                "its driver or the INDI server may hang: restart them",
                since=since,
            )
        have = {key: after.elements[key].value for key in values if key in after.elements}
        reported = {key: value for key, value in have.items() if key in wanted or value is True}
        raise Fault(
            device, f"reports {name} {_words(reported)} where {_words(wanted)} was asked for"
        )

    def set_switch(self, device: str, name: str, element: str, timeout_s: float) -> Property:
        """Switch one element on and wait until it is reported on; see `set`."""
        return self.set(device, name, {element: True}, timeout_s)

    def receive_frames(self, device: str, name: str, wanted: bool) -> None:
        """Let frames of a device come, or keep them away; remembered over connections."""
        (self._blobs.add if wanted else self._blobs.discard)((device, name))
        self._request("blobs", self._silence_s, device=device, name=name, wanted=wanted)

    def _is_well(self) -> bool:
        return self._connected and not self._end and not self._suspect

    def _answers(self, timeout_s: float) -> bool:
        try:
            self._request("ping", timeout_s)
        except NoReply:
            return False
        return True

    def _connect(self, timeout_s: float) -> None:
        deadline = Deadline(timeout_s)
        slower = self._choose_way()
        # This is how the library wants to be told of a local socket.
        host = self.host if self.path is None else f"localhost:{self.path}"
        self._child = Child(
            host,
            self.port,
            timeout_s,
            hear=self._hear,
            ended=self._on_exit,
            chatter=self._note_chatter if self._log else None,
        )
        self.generation += 1
        self._child.start()
        with self._change:
            while not (self._connected or self._end):
                if not self._change.wait(deadline.left_s):
                    self._end = f"no answer within {timeout_s:.1f} s"
        if self._end:
            reason = self._end
            self._drop()
            remedy = (
                "is indiserver running there? Start it (indiserver, INDI Web Manager, KStars), or "
                "fix [indi] host and port"
            )
            raise Unreachable(self.name, f"nothing answers ({reason})", remedy)
        if slower:
            self.remark(self.name, slower)

    def _choose_way(self) -> str:
        """Find the server's local socket; return what to say where there is none but could be."""
        self.path = None
        if self._socket == OFF:
            return ""
        try:
            self.path = local_socket(self.host, self.port, self._socket)
        except NoLocalSocket as error:
            return f"frames come over TCP, which is slower: {error}" if error.could_be else ""
        return ""

    def _request(self, do: str, timeout_s: float, **facts: object) -> int:
        with self._change:
            self._check_alive()
            number = self._post(do, **facts)
            deadline = Deadline(timeout_s)
            while number not in self._replies:
                self._check_alive()
                if not self._change.wait(deadline.left_s):
                    raise self._frozen()
            return self._replies.pop(number)

    def _post(self, do: str, **facts: object) -> int:
        number = next(self._numbers)
        if self._log is not None and (words := trace.said(do, facts)) is not None:
            self._log.note(words[0], SENT, words[1])
        if self._child is None or not self._child.post({"id": number, "do": do, **facts}):
            raise self._frozen()
        return number

    def _frozen(self) -> NoReply:
        self._suspect = True
        return NoReply(
            self.name,
            "no longer takes what is sent to it",
            "it or its machine may hang: restart indiserver",
        )

    def _check_alive(self) -> None:
        if self._end:
            remedy = _CHILD if self._child_is_gone else LOG
            raise NoReply(self.name, f"the connection is lost ({self._end})", remedy)
        if self._child is None:
            raise NoReply(self.name, "is not connected")

    def _drop(self) -> None:
        with self._change:
            child, self._child = self._child, None
            self._registry.close()
            self._registry = Registry()
            self._replies.clear()
            self._connected, self._end, self._suspect = False, "", False
            self._child_is_gone = False
            self._change.notify_all()
        if child is not None:
            child.kill()

    def _hear(self, child: Child, packet: Mapping[str, Any], fd: int | None) -> None:
        if self._log is not None and (words := trace.heard(packet)) is not None:
            self._log.note(words[0], HEARD, words[1])
        with self._change:
            if child is not self._child:
                if fd is not None:
                    os.close(fd)
            elif "re" in packet:
                self._replies[packet["re"]] = packet["serial"]
            elif packet["at"] == "connected":
                self._connected = True
            elif packet["at"] in ("lost", "refused"):
                self._end = self._end or str(packet["what"])
            else:
                self._registry.apply(packet, fd)
            self._change.notify_all()

    def _note_chatter(self, line: str) -> None:
        if self._log is not None:
            self._log.note(self.name, REMARK, line)

    def _on_exit(self, child: Child, why: str) -> None:
        with self._change:
            if child is self._child:
                self._child_is_gone = not self._end
                self._end = self._end or why
            self._change.notify_all()


def _check_allowed(known: Property, values: Mapping[str, Value]) -> None:
    if not known.writable:
        raise Fault(known.device, f"does not let {known.name} be set")
    for name, value in values.items():
        if name not in known.elements:
            have = ", ".join(known.elements)
            raise Fault(known.device, f"has no {name} in {known.name}", f"there is: {have}")
        element = known.elements[name]
        if known.kind == "number" and not element.allows(float(value)):
            what = f"{known.name} {value} is out of range"
            raise Unfit(known.device, what, f"allowed: {element.range_words}")


def _words(values: Mapping[str, object]) -> str:
    return ", ".join(f"{key}={value}" for key, value in values.items())
