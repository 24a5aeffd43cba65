"""The same ruler for every program: a passive INDI client that times the camera and the wheel.

It asks for nothing but to be told, so it sees what any second client sees, whoever drives the
devices. Standard library only.

    python benchmarks/ruler.py --port 7624 --camera "CCD Simulator" --wheel "Filter Simulator"

prints what it measured when it is interrupted.
"""

import argparse
import contextlib
import json
import signal
import socket
import threading
import time
from dataclasses import dataclass
from statistics import median
from xml.etree import ElementTree


@dataclass(frozen=True)
class Span:
    """A time during which a device was busy, in seconds of `time.time`."""

    begin_s: float
    end_s: float
    exposure_s: float = 0.0

    @property
    def length_s(self) -> float:
        """How long it lasted."""
        return self.end_s - self.begin_s


class Ruler:
    """Watch `camera` and `wheel` on an INDI server until `close`."""

    def __init__(self, port: int, camera: str, wheel: str, host: str = "127.0.0.1") -> None:
        self.exposures: list[Span] = []
        self.moves: list[Span] = []
        self._watched = {
            (camera, "CCD_EXPOSURE"): self.exposures,
            (wheel, "FILTER_SLOT"): self.moves,
        }
        self._since: dict[tuple[str, str], tuple[float, float]] = {}
        self._line = socket.create_connection((host, port), 10)
        self._line.settimeout(None)
        self._line.sendall(b'<getProperties version="1.7"/>')
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop watching."""
        with contextlib.suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._line.close()

    def _watch(self) -> None:
        parser = ElementTree.XMLPullParser(events=("start", "end"))
        parser.feed(b"<stream>")
        depth, stream = 0, None
        while content := self._line.recv(1 << 16):
            now_s = time.time()
            parser.feed(content)
            for event, element in parser.read_events():
                stream = element if stream is None else stream
                depth += 1 if event == "start" else -1
                if event == "end" and depth == 1:
                    self._take(element, now_s)
                    stream.clear()

    def _take(self, element: ElementTree.Element, now_s: float) -> None:
        key = (element.get("device", ""), element.get("name", ""))
        if key not in self._watched or not element.tag.startswith("set"):
            return
        busy = element.get("state") == "Busy"
        if busy and key not in self._since:
            value = next((float(one.text or 0) for one in element), 0.0)
            self._since[key] = (now_s, value)
        elif not busy and key in self._since:
            begin_s, value = self._since.pop(key)
            self._watched[key].append(Span(begin_s, now_s, value))

    def gaps_s(self) -> list[float]:
        """How long the camera idled between exposures with no turn of the wheel between them."""
        pairs = zip(self.exposures, self.exposures[1:], strict=False)
        return [
            later.begin_s - before.end_s
            for before, later in pairs
            if not any(m.begin_s < later.begin_s and m.end_s > before.begin_s for m in self.moves)
        ]

    def busy_s(self) -> float:
        """How long the camera or the wheel was busy: overlapping times count once."""
        total, until_s = 0.0, 0.0
        for span in sorted([*self.exposures, *self.moves], key=lambda span: span.begin_s):
            total += max(0.0, span.end_s - max(span.begin_s, until_s))
            until_s = max(until_s, span.end_s)
        return total

    def summary(self) -> dict[str, float]:
        """Return the figures of everything seen so far."""
        gaps = self.gaps_s() or [float("nan")]
        span_s = self.exposures[-1].end_s - self.exposures[0].begin_s if self.exposures else 0.0
        return {
            "exposures": len(self.exposures),
            "exposure_sum_s": sum(span.exposure_s for span in self.exposures),
            "first_to_last_s": span_s,
            "busy_s": self.busy_s(),
            "idle_median_s": median(gaps),
            "idle_max_s": max(gaps),
            "moves": len(self.moves),
        }


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, default=7624)
    arguments.add_argument("--camera", default="CCD Simulator")
    arguments.add_argument("--wheel", default="Filter Simulator")
    options = arguments.parse_args()
    ruler = Ruler(options.port, options.camera, options.wheel)
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()
    ruler.close()
    print(json.dumps(ruler.summary()))


if __name__ == "__main__":
    main()
