"""What a frame over Alpaca costs, beside the mere transfer of the same bytes.

    python benchmarks/alpaca_transfer.py [--write]

A process serves prepared bytes over loopback. They are read into memory as they come, then taken as
a frame: received, turned from columns into rows, and brought into the form of FITS. Both in turn,
medians. The memory is what the process has grown by at its peak, over the pixels of one frame. The
overhead is how long after the end of an exposure on the simulated rig its frame is in hand.
"""

import argparse
import resource
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from statistics import median

import numpy as np
from page import publish, table
from served import SIZES

from flatctl.core.types import CameraSetup, FrameKind
from flatctl.devices.alpaca.camera import AlpacaCamera
from flatctl.devices.alpaca.imaging.download import download
from flatctl.devices.alpaca.session import AlpacaSession
from flatctl.devices.alpaca.wire.client import AlpacaClient
from flatctl.settings.alpaca import AlpacaUrl
from hardware_sims.alpaca.rig import AlpacaRig
from hardware_sims.scenarios import scenario
from hardware_sims.world import World

TYPES = {"UInt16": (8, "<u2"), "Int32": (2, "<i4")}
EXPOSURE_S = 0.2


def serve(kind: str, cols: int, rows: int) -> None:
    """Serve one frame of that type, again and again; print the port."""
    number, name = TYPES[kind]
    pixels = np.random.default_rng(1).integers(500, 60_000, (cols, rows)).astype(name)
    header = struct.pack("<11i", 1, 0, 0, 0, 44, 2, number, 2, cols, rows, 0)
    body = memoryview(header + pixels.tobytes())
    head = f"Content-Type: application/imagebytes\r\nContent-Length: {len(body)}"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode())
                connection.sendall(body)


@contextmanager
def served(kind: str, cols: int, rows: int) -> Iterator[int]:
    command = [sys.executable, __file__, "--serve", kind, str(cols), str(rows)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def received_s(port: int, size: int) -> float:
    """Return how long it takes to read all of it into memory."""
    begun_s = time.perf_counter()
    room = np.empty(size, np.uint8).data
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        taken = 0
        while came := connection.recv_into(room[taken:]):
            taken += came
    return time.perf_counter() - begun_s


def taken_s(client: AlpacaClient, rows: int, cols: int) -> float:
    begun_s = time.perf_counter()
    download(client, rows, cols, 120.0)
    return time.perf_counter() - begun_s


def measured(
    port: int, cols: int, rows: int, itemsize: int, frames: int
) -> tuple[float, float, float]:
    """Return the seconds of the transfer, those of a frame, and the memory in frames."""
    with closing(AlpacaClient(AlpacaUrl("127.0.0.1", port, "camera", 0))) as client:
        size = cols * rows * itemsize + 4096
        before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        taken_s(client, rows, cols)
        grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb
        pairs = [(received_s(port, size), taken_s(client, rows, cols)) for _ in range(frames)]
    transfer_s, frame_s = (median(times) for times in zip(*pairs, strict=True))
    return transfer_s, frame_s, 1024 * grown_kb / (2 * rows * cols)


def overhead_s(exposures: int) -> float:
    """Return how long after its exposure a frame of 1.3 megapixels is in hand."""
    world = World(scenario("mono"))
    with AlpacaRig(world) as rig, closing(AlpacaSession(20.0)) as session:
        camera = AlpacaCamera(session, rig.url("camera"))
        camera.open(20.0)
        camera.prepare(CameraSetup(), 20.0)
        frame = world.expose(0.0, EXPOSURE_S, rig.devices["camera"]._setting())
        world.expose = lambda *_: frame  # what the camera costs, not what its simulation does
        times = []
        for _ in range(exposures):
            camera.start(EXPOSURE_S, FrameKind.FLAT)
            begun_s = time.perf_counter()
            camera.read(60.0)
            times.append(time.perf_counter() - begun_s - EXPOSURE_S)
        camera.close()
        return median(times)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--write", action="store_true")
    arguments.add_argument("--frames", type=int, default=7)
    arguments.add_argument("--serve", nargs=3)
    arguments.add_argument("--measure", nargs=5)
    options = arguments.parse_args()
    if options.serve:
        kind, cols, rows = options.serve
        return serve(kind, int(cols), int(rows))
    if options.measure:
        print(*measured(*map(int, options.measure)))
        return None
    lines = []
    for megapixels, (cols, rows) in SIZES.items():
        for kind in TYPES:
            with served(kind, cols, rows) as port:
                # Each in a process of its own, for the memory.
                itemsize = np.dtype(TYPES[kind][1]).itemsize
                figures = map(str, (port, cols, rows, itemsize, options.frames))
                command = [sys.executable, __file__, "--measure", *figures]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
            transfer_s, frame_s, frames = map(float, done.stdout.split())
            ms = (f"{1000 * each_s:.0f} ms" for each_s in (transfer_s, frame_s))
            lines.append([megapixels, kind, *ms, f"{frame_s / transfer_s:.1f}", f"{frames:.2f}"])
    headings = ["Megapixels", "Type", "Transfer", "Frame in hand", "Ratio", "Memory, in frames"]
    text = table(headings, lines)
    text += f"\n\nOverhead of an exposure, 1.3 megapixels: {1000 * overhead_s(20):.0f} ms."
    return publish("alpaca transfer", text, write=options.write)


if __name__ == "__main__":
    main()
