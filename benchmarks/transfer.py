"""How long a frame takes from the camera into our hands, over TCP and over the local socket.

    python benchmarks/transfer.py [--write]

Timed from the driver's last word before it sends (the exposure stands at 0 s) until the frame can
be measured; medians. The frame's making in the driver is part of it, the same both ways.
"""

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median

from page import publish, table
from served import SIZES, Served, simulated

from flatctl.core.types import CameraSetup, FrameKind
from flatctl.devices.indi.camera import IndiCamera
from flatctl.devices.indi.wire.client import IndiClient
from flatctl.devices.indi.wire.registry import Registry


def transfer_s(rig: Served, way: str, frames: int) -> float:
    with IndiClient("127.0.0.1", rig.port, socket=way) as client:
        client.open(60)
        camera = IndiCamera(client, rig.camera)
        camera.open(60)
        camera.prepare(CameraSetup(), 60)

        def over(registry: Registry) -> bool | None:
            exposure = registry.find(rig.camera, "CCD_EXPOSURE")
            return True if exposure and exposure.number("CCD_EXPOSURE_VALUE") == 0 else None

        times = []
        for _ in range(frames):
            camera.start(0.3, FrameKind.FLAT)
            client.wait_for(lambda r: None if over(r) else True, 5)
            client.wait_for(over, 60)
            begun_s = time.perf_counter()
            camera.read(60)
            times.append(time.perf_counter() - begun_s)
        camera.close()
        return median(times)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--write", action="store_true")
    arguments.add_argument("--frames", type=int, default=7)
    options = arguments.parse_args()
    lines = []
    with tempfile.TemporaryDirectory(prefix="flatctl-bench-") as folder:
        for megapixels, (cols, rows) in SIZES.items():
            with simulated(Path(folder) / megapixels, cols, rows) as rig:
                tcp_s, local_s = (transfer_s(rig, way, options.frames) for way in ("off", "auto"))
            ratio = f"{tcp_s / local_s:.1f}"
            lines.append([megapixels, f"{1000 * tcp_s:.0f} ms", f"{1000 * local_s:.0f} ms", ratio])
    headings = ["Megapixels", "TCP", "Local socket", "Ratio"]
    publish("transfer", table(headings, lines), write=options.write)


if __name__ == "__main__":
    main()
