"""An INDI server of a few lines whose single device does exactly what a test wants."""

import base64
import random
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from xml.etree import ElementTree

DEVICE = "Scripted Device"
Answer = Callable[[str, Mapping[str, str]], Iterable[str]]


def fits(
    exposure_s: float,
    *,
    cols: int = 64,
    rows: int = 48,
    level: int = 1000,
    cut: int = 0,
    zero: int = 32768,
    picture: int = 0,
    more: Mapping[str, object] | None = None,
) -> bytes:
    cards = {
        "SIMPLE": "T",
        "BITPIX": 16,
        "NAXIS": 2,
        "NAXIS1": cols,
        "NAXIS2": rows,
        "BZERO": zero,
        "BSCALE": 1,
        "EXPTIME": exposure_s,
        **(more or {}),
    }
    header = "".join(f"{k:<8}= {v!s:>20}".ljust(80) for k, v in cards.items()) + "END".ljust(80)
    data = (level - 32768).to_bytes(2, "big", signed=True) * (cols * rows)
    if picture:
        # Noise, after a first pixel that tells the picture.
        seen = random.Random(picture).choices(range(500, 1500), k=cols * rows)
        data = struct.pack(f">{cols * rows}h", *(each - 32768 for each in [picture, *seen[1:]]))
    data = data[: len(data) - cut]
    return header.ljust(2880).encode() + data + bytes(-len(data) % 2880 if not cut else 0)


def number(name: str, state: str, **values: float) -> str:
    ones = "".join(f'<oneNumber name="{k}">{v}</oneNumber>' for k, v in values.items())
    head = f'device="{DEVICE}" name="{name}" state="{state}"'
    return f"<setNumberVector {head}>{ones}</setNumberVector>"


def switch(name: str, state: str, **values: bool) -> str:
    ones = "".join(
        f'<oneSwitch name="{k}">{"On" if v else "Off"}</oneSwitch>' for k, v in values.items()
    )
    head = f'device="{DEVICE}" name="{name}" state="{state}"'
    return f"<setSwitchVector {head}>{ones}</setSwitchVector>"


def blob(data: bytes, *, size: int | None = None, form: str = ".fits") -> str:
    size = len(data) if size is None else size
    text = base64.b64encode(data).decode()
    return (
        f'<setBLOBVector device="{DEVICE}" name="CCD1" state="Ok">'
        f'<oneBLOB name="CCD1" size="{size}" format="{form}">{text}</oneBLOB></setBLOBVector>'
    )


def message(text: str) -> str:
    return f'<message device="{DEVICE}" timestamp="2026-11-22T10:28:45" message="{text}"/>'


def _define_number(name: str, low: float, high: float, **values: float) -> str:
    ones = "".join(
        f'<defNumber name="{k}" label="{k}" format="%g" min="{low}" max="{high}" step="1">{v}'
        "</defNumber>"
        for k, v in values.items()
    )
    head = f'device="{DEVICE}" name="{name}" label="" group="" state="Idle" perm="rw" timeout="60"'
    return f"<defNumberVector {head}>{ones}</defNumberVector>"


def _define_text(name: str, **values: str) -> str:
    ones = "".join(f'<defText name="{k}" label="{k}">{v}</defText>' for k, v in values.items())
    head = f'device="{DEVICE}" name="{name}" label="" group="" state="Idle" perm="rw" timeout="60"'
    return f"<defTextVector {head}>{ones}</defTextVector>"


def _define_switch(name: str, on: str, *off: str) -> str:
    ones = "".join(
        f'<defSwitch name="{k}" label="{k}">{"On" if k == on else "Off"}</defSwitch>'
        for k in (on, *off)
    )
    head = f'device="{DEVICE}" name="{name}" label="" group="" state="Idle" perm="rw"'
    return f'<defSwitchVector {head} rule="OneOfMany" timeout="60">{ones}</defSwitchVector>'


CAMERA = (
    _define_switch("CONNECTION", "CONNECT", "DISCONNECT"),
    _define_number("CCD_EXPOSURE", 0.001, 100, CCD_EXPOSURE_VALUE=0),
    _define_switch("CCD_ABORT_EXPOSURE", "", "ABORT"),
    _define_number("CCD_GAIN", 0, 0, GAIN=50),
    _define_number("CCD_INFO", 0, 10000, CCD_MAX_X=64, CCD_MAX_Y=48, CCD_BITSPERPIXEL=16),
    _define_number("CCD_FRAME", 0, 10000, X=0, Y=0, WIDTH=64, HEIGHT=48),
    _define_switch("CCD_FRAME_TYPE", "FRAME_LIGHT", "FRAME_DARK", "FRAME_FLAT"),
    _define_switch("SENSOR_MODE", "FAST", "LOW_NOISE"),
    f'<defBLOBVector device="{DEVICE}" name="CCD1" label="" group="" state="Idle" perm="ro">'
    '<defBLOB name="CCD1" label=""/></defBLOBVector>',
)

_ISO = "".join(
    f'<defSwitch name="ISO{n}" label="{iso}">{"On" if n == 0 else "Off"}</defSwitch>'
    for n, iso in enumerate((100, 800))
)
ODD_CAMERA = (
    *(text for text in CAMERA if "CCD_GAIN" not in text and "SENSOR_MODE" not in text),
    _define_number("CCD_CONTROLS", 0, 500, Gain=0, Offset=0),
    _define_number("READ_MODE", 0, 3, MODE=0),
    f'<defSwitchVector device="{DEVICE}" name="CCD_ISO" label="" group="" state="Idle" perm="rw"'
    f' rule="OneOfMany" timeout="60">{_ISO}</defSwitchVector>',
)
COOLED_CAMERA = (
    *CAMERA,
    _define_number("CCD_TEMPERATURE", -50, 50, CCD_TEMPERATURE_VALUE=-10),
    _define_switch("CCD_COOLER", "COOLER_OFF", "COOLER_ON"),
)
STREAMING_CAMERA = (*CAMERA, _define_switch("CCD_VIDEO_STREAM", "STREAM_ON", "STREAM_OFF"))
STREAMING_ONCE_CONNECTED = (
    _define_switch("CONNECTION", "DISCONNECT", "CONNECT"),
    *STREAMING_CAMERA[1:],
)
FLIP_FLAT = (
    _define_switch("CONNECTION", "CONNECT", "DISCONNECT"),
    _define_switch("FLAT_LIGHT_CONTROL", "FLAT_LIGHT_OFF", "FLAT_LIGHT_ON"),
    _define_number("FLAT_LIGHT_INTENSITY", 1, 255, FLAT_LIGHT_INTENSITY_VALUE=1),
    _define_switch("CAP_PARK", "UNPARK", "PARK"),
)
WHEEL = (
    _define_switch("CONNECTION", "CONNECT", "DISCONNECT"),
    _define_number("FILTER_SLOT", 1, 2, FILTER_SLOT_VALUE=1),
    _define_text("FILTER_NAME", FILTER_SLOT_NAME_1="L", FILTER_SLOT_NAME_2="Ha"),
)
TWINS = (*WHEEL[:2], _define_text("FILTER_NAME", FILTER_SLOT_NAME_1="L", FILTER_SLOT_NAME_2="L"))
LAMP = (*FLIP_FLAT[:2],)
LIT_LAMP = (LAMP[0], _define_switch("FLAT_LIGHT_CONTROL", "FLAT_LIGHT_ON", "FLAT_LIGHT_OFF"))
SWITCHES = {
    "CCD_ISO": ("ISO0", "ISO1"),
    "CONNECTION": ("CONNECT", "DISCONNECT"),
    "CCD_FRAME_TYPE": ("FRAME_LIGHT", "FRAME_DARK", "FRAME_FLAT"),
    "SENSOR_MODE": ("FAST", "LOW_NOISE"),
    "CCD_ABORT_EXPOSURE": ("ABORT",),
    "CCD_VIDEO_STREAM": ("STREAM_ON", "STREAM_OFF"),
    "CCD_COOLER": ("COOLER_ON", "COOLER_OFF"),
    "FLAT_LIGHT_CONTROL": ("FLAT_LIGHT_ON", "FLAT_LIGHT_OFF"),
    "CAP_PARK": ("PARK", "UNPARK"),
}


def obedient(name: str, values: Mapping[str, str]) -> Iterable[str]:
    """Do what is asked, as a good driver does."""
    match name:
        case "CCD_EXPOSURE":
            exposure_s = float(values["CCD_EXPOSURE_VALUE"])
            yield number(name, "Busy", CCD_EXPOSURE_VALUE=exposure_s)
            yield blob(fits(exposure_s))
            yield number(name, "Ok", CCD_EXPOSURE_VALUE=0)
        case _ if name in SWITCHES:
            yield switch(name, "Ok", **{key: values.get(key) == "On" for key in SWITCHES[name]})
            if name == "CCD_ABORT_EXPOSURE":
                yield number("CCD_EXPOSURE", "Idle", CCD_EXPOSURE_VALUE=0)
        case _:
            yield number(name, "Ok", **{key: float(value) for key, value in values.items()})


class ScriptedServer:
    """Serves one device; `answers` maps a property to what replaces the good driver's answer,
    `asked` lists what was asked of it."""

    def __init__(self, definitions: Iterable[str]) -> None:
        self._definitions = tuple(definitions)
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.answers: dict[str, Answer] = {}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lines: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def say(self, *texts: str) -> None:
        """Send something unasked to all clients."""
        for line in self._lines:
            line.sendall("".join(texts).encode())

    def redefine(self, definitions: Iterable[str]) -> None:
        """Let the device be another one for whoever asks from now on."""
        self._definitions = tuple(definitions)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            with line:
                self._lines.append(line)
                self._serve(line)
                self._lines.remove(line)

    def _serve(self, line: socket.socket) -> None:
        parser = ElementTree.XMLPullParser(["start", "end"])
        parser.feed("<indi>")
        depth = 0
        # A client may hang up on an answer that is on its way.
        with suppress(OSError):
            while data := line.recv(65536):
                parser.feed(data)
                for event, element in parser.read_events():
                    depth += 1 if event == "start" else -1
                    if event == "end" and depth == 1:
                        for text in self._answer(element):
                            line.sendall(text.encode(errors="surrogateescape"))

    def _answer(self, element: ElementTree.Element) -> Iterable[str]:
        if element.tag == "getProperties":
            return self._definitions
        if not element.tag.startswith("new"):
            return ()
        name = element.get("name", "")
        values = {one.get("name", ""): (one.text or "").strip() for one in element}
        self.asked.append((name, values))
        return self.answers.get(name, obedient)(name, values)


@contextmanager
def scripted_server(definitions: Iterable[str] = CAMERA) -> Iterator[ScriptedServer]:
    """Run one for a test."""
    server = ScriptedServer(definitions)
    try:
        yield server
    finally:
        server.close()
