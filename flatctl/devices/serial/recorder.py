"""Write down a dialogue with a panel so that it can be held again, as a test, without the panel."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from flatctl.devices.log import HEARD
from flatctl.errors import DeviceError

T = TypeVar("T")

DONE = "done"


@dataclass(frozen=True)
class Call:
    """What a driver was asked, and how that ended: `DONE`, or the name of the error."""

    name: str
    value: int | None
    ended: str
    says: str = ""


class Recorder:
    """Note what passes on the line (it is a tap) and what the driver was asked meanwhile.

    An exchange is one command and all that was heard before the next one; what a panel says
    before it was asked anything is the answer to an empty command.
    """

    def __init__(self) -> None:
        self.exchanges: list[tuple[bytes, bytes]] = []
        self.calls: list[Call] = []
        self._lock = threading.Lock()

    def __call__(self, way: str, content: bytes) -> None:
        """Take in bytes that pass."""
        with self._lock:
            if way == HEARD and self.exchanges:
                command, heard = self.exchanges[-1]
                self.exchanges[-1] = command, heard + content
            elif way == HEARD:
                self.exchanges.append((b"", content))
            else:
                self.exchanges.append((content, b""))

    def note(self, name: str, action: Callable[[], T], value: int | None = None) -> T:
        """Do `action`, the driver's method `name` (with `value`), and write down how it ended."""
        try:
            result = action()
        except DeviceError as error:
            self.calls.append(Call(name, value, type(error).__name__, error.what))
            raise
        self.calls.append(Call(name, value, DONE))
        return result

    def to_json(self, kind: str, about: str, options: Mapping[str, object]) -> str:
        """Return the recording as JSON text, one exchange and one call a line.

        Bytes are written as the characters of the same number (ISO 8859-1).
        """
        exchanges = [
            json.dumps({"host": host.decode("latin-1"), "panel": panel.decode("latin-1")})
            for host, panel in self.exchanges
        ]
        calls = [
            json.dumps(
                {"call": call.name}
                | ({} if call.value is None else {"value": call.value})
                | {"ended": call.ended}
                | ({"says": call.says} if call.says else {})
            )
            for call in self.calls
        ]
        return (
            f'{{\n  "kind": {json.dumps(kind)},\n  "about": {json.dumps(about)},\n'
            f'  "options": {json.dumps(dict(options))},\n'
            f'  "exchanges": {_lines(exchanges)},\n  "calls": {_lines(calls)}\n}}\n'
        )


def _lines(items: list[str]) -> str:
    return "[\n" + ",\n".join(f"    {item}" for item in items) + "\n  ]" if items else "[]"
