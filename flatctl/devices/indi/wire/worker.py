# ruff: noqa: N802 because PyIndi calls its callbacks by these names
"""The child process that speaks INDI: one process, one connection, for as long as it lasts.

The only file that imports PyIndi. That library crashes, goes deaf and holds the interpreter in
ordinary situations, so it gets a process of its own that may be killed at any time. It translates
and remembers nothing: callbacks become packets for the parent, packets from the parent become
INDI messages. A new connection is a new process; `docs/decisions` says why.

Packets are JSON objects, one per datagram of the socket pair inherited as a file descriptor. The
parent asks `{"id", "do", ...}` and gets `{"re": id, "serial"}`; everything else is an event
`{"at", "serial", ...}`. Pixels travel in an anonymous memory file whose descriptor rides along.
"""

import contextlib
import ctypes
import json
import os
import queue
import signal
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

import PyIndi

from flatctl.errors import STOP_SIGNALS

PACKET_BYTES = 200_000
_TEXT_CHARS = 4096
_PR_SET_PDEATHSIG = 1


def _library() -> ctypes.CDLL:
    """Return INDI's library, which PyIndi has loaded from inside its own package."""
    with open("/proc/self/maps") as maps:
        return ctypes.CDLL(next(line.split()[-1] for line in maps if "libindiclient" in line))


_INDI = _library()


class Outbox:
    """What waits to be sent to the parent; a callback hands over here and returns at once."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._lock = threading.Lock()
        self._waiting: queue.SimpleQueue[tuple[dict[str, Any], int | None]] = queue.SimpleQueue()
        self._serial = 0
        threading.Thread(target=self._send_all, daemon=True).start()

    @property
    def serial(self) -> int:
        """The number of the newest event."""
        with self._lock:
            return self._serial

    def event(self, at: str, facts: dict[str, Any], fd: int | None = None) -> None:
        """Queue an event under the next number; takes the file descriptor over."""
        with self._lock:
            self._serial += 1
            self._waiting.put(({"at": at, "serial": self._serial, **facts}, fd))

    def reply(self, request: int, serial: int) -> None:
        """Confirm a request that was carried out when `serial` was the newest event."""
        with self._lock:
            self._waiting.put(({"re": request, "serial": serial}, None))

    def _send_all(self) -> None:
        while True:
            packet, fd = self._waiting.get()
            data = json.dumps(packet).encode()
            if len(data) > PACKET_BYTES:
                of_what = f"{packet.get('device', '')} {packet.get('name', '')}".strip()
                what = f"{of_what or 'an event'} is too long to be taken in"
                shortened = {"at": "trouble", "serial": packet["serial"], "what": what}
                data = json.dumps(shortened).encode()
            try:
                socket.send_fds(self._line, [data], [] if fd is None else [fd])
            except OSError:
                os._exit(0)
            if fd is not None:
                os.close(fd)
            if packet.get("at") in ("lost", "refused"):
                os._exit(0)


def _guarded(callback: Callable[..., None]) -> Callable[..., None]:
    """Let nothing out of a callback: PyIndi would never call any callback again."""

    def call(self: "Connection", *args: Any) -> None:
        try:
            callback(self, *args)
        except BaseException as error:  # noqa: BLE001 because PyIndi goes deaf after any exception
            self.outbox.event("trouble", {"what": f"{callback.__name__}: {error!r}"})
        self.acknowledge()

    return call


class Connection(PyIndi.BaseClient):  # type: ignore[misc] # because PyIndi has no types
    """Turns callbacks into events; all of them run in the library's own thread."""

    def __init__(self, outbox: Outbox) -> None:
        super().__init__()
        self.outbox = outbox
        self.wanted_blobs: set[tuple[str, str]] = set()
        self._line: socket.socket | None = None

    def hasten(self) -> None:
        """Let commands and answers travel at once; for a connected client.

        Nagle's algorithm and delayed acknowledgements cost 40 ms per command and frame otherwise.
        """
        for fd in map(int, os.listdir("/proc/self/fd")):
            try:
                line = socket.socket(fileno=os.dup(fd))
            except OSError:
                continue  # no socket, or closed since it was listed
            if line.family in (socket.AF_INET, socket.AF_INET6):
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._line = line
            else:
                line.close()

    def acknowledge(self) -> None:
        """Tell the server now that its data arrived: it may hold the next back until then."""
        if self._line is not None:
            with contextlib.suppress(OSError):
                self._line.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    @_guarded
    def newDevice(self, device: Any) -> None:
        """Announce a device."""
        self.outbox.event("device", {"device": device.getDeviceName()})

    @_guarded
    def removeDevice(self, device: Any) -> None:
        """Announce that a device is gone; all that is heard when its driver dies."""
        self.outbox.event("device_gone", {"device": device.getDeviceName()})

    @_guarded
    def newProperty(self, raw: Any) -> None:
        """Announce a property with its values."""
        self.outbox.event("property", _describe(raw))

    @_guarded
    def updateProperty(self, raw: Any) -> None:
        """Announce a property's new values, or a frame."""
        if raw.getType() == PyIndi.INDI_BLOB:
            self._announce_frames(raw)
        else:
            self.outbox.event("property", _describe(raw))

    @_guarded
    def removeProperty(self, raw: Any) -> None:
        """Announce that a property is gone."""
        gone = {"device": raw.getDeviceName(), "name": raw.getName()}
        self.outbox.event("property_gone", gone)

    @_guarded
    def newMessage(self, device: Any, number: int) -> None:
        """Pass a driver's message on."""
        text = _text(device.messageQueue(number))
        self.outbox.event("message", {"device": device.getDeviceName(), "text": text})

    @_guarded
    def serverDisconnected(self, code: int) -> None:
        """Report the end of the connection; called more than once for one end."""
        self.outbox.event("lost", {"what": f"the connection ended ({code})"})

    def _announce_frames(self, raw: Any) -> None:
        # The library overwrites the data with the next frame: it is only safe to read in here.
        device, name = raw.getDeviceName(), raw.getName()
        if (device, name) not in self.wanted_blobs:
            return
        blobs = PyIndi.PropertyBlob(raw)
        for blob in [blobs[i] for i in range(len(blobs))] if blobs.isValid() else []:
            size, announced = blob.getBlobLen(), blob.getSize()
            facts = {"device": device, "name": name, "format": blob.getFormat(), "size": size}
            if size == announced > 0:
                self._hand_over(facts, int(blob.getBlob()))
            elif size != announced:
                what = f"announced {announced} bytes and sent {size}"
                self.outbox.event("frame", {**facts, "what": what})
            # A report without data would bring the same frame once more.
            blob.setBlobLen(0)
            blob.setSize(0)

    def _hand_over(self, facts: dict[str, Any], address: int) -> None:
        try:
            fd = _memory_file(address, facts["size"])
        except OSError as error:
            why = error.strerror or error
            what = (
                f"this computer has no place for it ({why}); is memory full, or limited (ulimit)?"
            )
            self.outbox.event("frame", {**facts, "what": what})
        else:
            self.outbox.event("frame", {**facts, "what": ""}, fd)


def _memory_file(address: int, size: int) -> int:
    """Return a descriptor of the data: the driver's own where they came so, else of a copy.

    A driver can't write to what it has sent in this way: INDI seals it (`sharedblob.h`).
    """
    shared = _INDI.IDSharedBlobGetFd(ctypes.c_void_p(address))
    if shared >= 0:
        return os.dup(shared)
    fd = os.memfd_create("flatctl-frame", os.MFD_CLOEXEC)
    view = memoryview((ctypes.c_char * size).from_address(address)).cast("B")
    try:
        while view:
            view = view[os.write(fd, view) :]
    except OSError:
        os.close(fd)
        raise
    return fd


def _text(raw: object) -> str:
    # What is no UTF-8 comes as lone surrogates, which nobody can print or write.
    return str(raw).encode(errors="replace").decode()[:_TEXT_CHARS]


_CASTS = {
    PyIndi.INDI_NUMBER: ("number", PyIndi.PropertyNumber),
    PyIndi.INDI_SWITCH: ("switch", PyIndi.PropertySwitch),
    PyIndi.INDI_TEXT: ("text", PyIndi.PropertyText),
    PyIndi.INDI_LIGHT: ("light", PyIndi.PropertyLight),
    PyIndi.INDI_BLOB: ("blob", PyIndi.PropertyBlob),
}


def _describe(raw: Any) -> dict[str, Any]:
    kind, cast = _CASTS[raw.getType()]
    typed = cast(raw)
    # An invalid handle has a length of garbage and wild pointers in it.
    widgets = [typed[i] for i in range(len(typed))] if typed.isValid() else []
    return {
        "device": raw.getDeviceName(),
        "name": raw.getName(),
        "label": _text(raw.getLabel()),
        "kind": kind,
        "state": raw.getStateAsString(),
        "writable": raw.getPermission() != PyIndi.IP_RO,
        "one_of_many": kind == "switch" and typed.getRule() == PyIndi.ISR_1OFMANY,
        "elements": [_element(kind, widget) for widget in widgets],
    }


def _element(kind: str, widget: Any) -> dict[str, object]:
    facts: dict[str, object] = {"name": widget.getName(), "label": _text(widget.getLabel())}
    match kind:
        case "number":
            facts["value"] = widget.getValue()
            facts["min"], facts["max"] = widget.getMin(), widget.getMax()
        case "switch":
            facts["value"] = widget.getState() == PyIndi.ISS_ON
        case "text":
            facts["value"] = _text(widget.getText())
        case "light":
            facts["value"] = widget.getStateAsString()
        case _:
            facts["value"] = ""
    return facts


def send(connection: Connection, request: dict[str, Any]) -> None:
    """Ask a driver for new values.

    The message is made of a property of our own. The library's copy stays what the driver said
    last, so that a driver's answer without values can't pass the wish off as a fact.
    """
    kind, values = request["kind"], request["values"]
    make, write, post = {
        "number": (PyIndi.PropertyNumber, "setValue", connection.sendNewNumber),
        "switch": (PyIndi.PropertySwitch, "setState", connection.sendNewSwitch),
        "text": (PyIndi.PropertyText, "setText", connection.sendNewText),
    }[kind]
    vector = make(len(values))
    vector.setDeviceName(request["device"])
    vector.setName(request["name"])
    if kind == "switch":
        vector.setRule(PyIndi.ISR_NOFMANY)
        values = {k: PyIndi.ISS_ON if on else PyIndi.ISS_OFF for k, on in values.items()}
    for i, (name, value) in enumerate(values.items()):
        vector[i].setName(name)
        getattr(vector[i], write)(value)
    post(vector)


def obey(connection: Connection, request: dict[str, Any]) -> None:
    """Carry out one request of the parent."""
    match request["do"]:
        case "send":
            send(connection, request)
        case "blobs":
            device, name, wanted = request["device"], request["name"], request["wanted"]
            change = connection.wanted_blobs.add if wanted else connection.wanted_blobs.discard
            change((device, name))
            mode = PyIndi.B_ALSO if wanted else PyIndi.B_NEVER
            connection.setBLOBMode(mode, device, None)
        case "ping":
            pass
        case unknown:
            raise ValueError(f"unknown request {unknown!r}")


def connect(connection: Connection, host: str, port: int, timeout_s: float) -> bool:
    """Connect to the server; false where nobody answers within `timeout_s`."""
    connection.setServer(host, port)
    connection.enableDirectBlobAccess()
    connection.setConnectionTimeout(int(timeout_s), int(timeout_s % 1 * 1e6))
    if connection.connectServer():
        connection.hasten()
        return True
    return False


def why_refused(host: str, port: int, timeout_s: float) -> str:
    """Find out why a connection failed; the library only says that it did."""
    try:
        socket.create_connection((host, port), timeout_s).close()
    except OSError as error:
        return error.strerror or str(error)
    return "the connection failed"


def _die_with(parent: int) -> None:
    # The thread that started this process lives until it ends, or until the parent dies.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def main(fd: int, parent: int, host: str, port: int, timeout_s: float) -> None:
    """Connect and serve the parent until it, or the connection, is gone."""
    _die_with(parent)
    # Stopping is the parent's business: it has a lamp to put out through this process first.
    for signum in STOP_SIGNALS:
        signal.signal(signum, signal.SIG_IGN)
    line = socket.socket(fileno=fd)
    outbox = Outbox(line)
    connection = Connection(outbox)
    if not connect(connection, host, port, timeout_s):
        outbox.event("refused", {"what": why_refused(host, port, timeout_s)})
        threading.Event().wait()
    outbox.event("connected", {})
    while packet := line.recv(PACKET_BYTES):
        request = json.loads(packet)
        serial = outbox.serial
        obey(connection, request)
        outbox.reply(request["id"], serial)
    os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), float(sys.argv[5]))
