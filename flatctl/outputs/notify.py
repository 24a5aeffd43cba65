"""Messages to the owner through apprise: short, few, and never in the way of the run.

The addresses are secrets. They are handed to apprise and to nothing else; what apprise logs may
hold them, so it is kept silent, and of its errors only the kind is told.
"""

import logging
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from flatctl.errors import ExitCode, line_to_install
from flatctl.outputs.record import RunRecord

if TYPE_CHECKING:
    from apprise import Apprise

GRACE_S = 30.0
_WIDTH = 60
_TITLES = {
    "finished": "flats finished",
    "incomplete": "flats incomplete",
    "failed": "flats failed",
    "unsafe": "flats given up",
    "lamp": "THE LAMP MAY BE ON",
    "cover": "the lamp is off, the cover is not where it should be",
    "hand": "the light waits for you",
    "problem": "something to fix before the flats",
}


def occasion_of(exit_code: int) -> str | None:
    """Return what an ending is to the owner; `None` where somebody stopped it by hand."""
    match exit_code:
        case ExitCode.COMPLETE:
            return "finished"
        case ExitCode.INCOMPLETE:
            return "incomplete"
        case ExitCode.UNSAFE:
            return "unsafe"
        case ExitCode.LIGHT_UNKNOWN:
            return "lamp"
        case code if code >= 128:
            return None
        case _:
            return "failed"


def ending_text(record: RunRecord, reason: str) -> str:
    """Return the end table of a run as plain text, with the reason beside it."""
    if not record.filters:
        return reason
    from flatctl.outputs.summary import summary_lines  # what draws tables takes long to load

    lines = summary_lines(record, _WIDTH)
    if reason and record.reason != reason:
        lines.append(reason)
    return "\n".join(lines).strip()


class Messenger:
    """Send messages in the background, each service on its own so that none waits for another.

    `complaints` says what came of messages that did not arrive.
    """

    def __init__(self, urls: Sequence[str], rig: str) -> None:
        self.urls = tuple(urls)
        self._rig = rig
        self._threads: list[threading.Thread] = []
        self.complaints: list[str] = []

    def send(self, occasion: str, text: str) -> None:
        """Send a message to all services without waiting for anybody."""
        title = f"{self._rig}: {_TITLES[occasion]}"
        for number, url in enumerate(self.urls, 1):
            thread = threading.Thread(
                target=self._deliver, args=(number, url, title, text), name="notify", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def close(self, grace_s: float = GRACE_S) -> None:
        """Give what is under way a last `grace_s` seconds, all together."""
        deadline = time.monotonic() + grace_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if any(thread.is_alive() for thread in self._threads):
            self.complaints.append(f"a message was not taken within {grace_s:g} s")
        self._threads.clear()

    def _deliver(self, number: int, url: str, title: str, text: str) -> None:
        try:
            service = _service(url)
            if service is None:
                self.complaints.append(_unknown(number))
            elif not service.notify(title=title, body=text, body_format="text"):
                self.complaints.append(f"address {number}: the message was not taken")
        except Exception as error:  # noqa: BLE001 because no plugin's failure may end a run
            self.complaints.append(f"address {number}: not sent: {type(error).__name__}")


def complaint_about(urls: Sequence[str]) -> str:
    """Return what is wrong with the addresses, or an empty string; nothing is sent."""
    try:
        found = [_complaint(n, _service(url)) for n, url in enumerate(urls, 1)]
    except ImportError:
        return f"apprise is not installed: {line_to_install('apprise')}"
    return "; ".join(filter(None, found))


def _service(url: str) -> "Apprise | None":
    import apprise

    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    service = apprise.Apprise()
    return service if service.add(url) else None


def _complaint(number: int, service: "Apprise | None") -> str:
    if service is None:
        return _unknown(number)
    # Apprise takes an address without a topic, and sends nothing to it.
    if any(getattr(each, "topics", None) == [] for each in service):
        return f"address {number}: it names no topic, as ntfy://TOPIC does"
    return ""


def _unknown(number: int) -> str:
    return f"address {number}: apprise knows no such service"
