"""How many messages a rig has sent tonight, in a file, since a service may start again often."""

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

from flatctl.errors import StorageError
from flatctl.storage.atomic import write_text

_LARGEST_BYTES = 1_000_000


class Quota:
    """At most `at_most` messages per rig and night, and none twice.

    The last one is kept for the word on how the flats ended. Where the file can't be written, the
    count holds for this process.
    """

    def __init__(self, path: Path, at_most: int) -> None:
        self._path = path
        self._at_most = at_most
        self._sent: dict[str, dict[str, Any]] = {}

    def grant(self, rig: str, night: date, message: str, *, last_word: bool) -> bool:
        """Say whether this message may be sent, and count it if so."""
        # Other rigs may have sent something meanwhile.
        self._sent = self._read() | {each: sent for each, sent in self._sent.items() if each == rig}
        tonight = self._sent.get(rig)
        if tonight is None or tonight["night"] != night.isoformat():
            tonight = {"night": night.isoformat(), "messages": []}
        digest = hashlib.sha256(message.encode()).hexdigest()[:16]
        allowed = self._at_most if last_word else self._at_most - 1
        if digest in tonight["messages"] or len(tonight["messages"]) >= allowed:
            return False
        tonight["messages"].append(digest)
        self._sent[rig] = tonight
        self._write()
        return True

    def _read(self) -> dict[str, dict[str, Any]]:
        try:
            if not self._path.is_file() or self._path.stat().st_size > _LARGEST_BYTES:
                return {}
            found = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        if not isinstance(found, dict):
            return {}
        return {rig: nights for rig, nights in found.items() if _sound(nights)}

    def _write(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_text(self._path, json.dumps(self._sent))
        except (OSError, StorageError):
            return  # counted in memory


def _sound(nights: object) -> bool:
    return (
        isinstance(nights, dict)
        and isinstance(nights.get("night"), str)
        and isinstance(nights.get("messages"), list)
    )
