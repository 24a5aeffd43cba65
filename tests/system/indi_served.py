"""Simulated INDI devices on a TCP port, inside the test's own process."""

import asyncio
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from flatctl.devices.transports import Connections
from flatctl.settings.models import Settings
from hardware_sims.indi.driver import SimDriver
from hardware_sims.indi.server import SimServer


@contextmanager
def indi_served(make_drivers: Callable[[], Sequence[SimDriver]]) -> Iterator[int]:
    """Yield the port on which the drivers are served, from a thread with its own event loop."""
    told: queue.Queue[tuple[int, Callable[[], None]]] = queue.Queue()

    async def serve() -> None:
        stop = asyncio.Event()
        server = SimServer(*make_drivers())
        serving = asyncio.create_task(server.serve())
        loop = asyncio.get_running_loop()
        port = await server.listening()
        told.put((port, lambda: loop.call_soon_threadsafe(stop.set)))
        await stop.wait()
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="indi-served")
    thread.start()
    port, stop = told.get(timeout=20)
    try:
        yield port
    finally:
        stop()
        thread.join(20)


def connections_to(port: int) -> Connections:
    """Return connections as a configuration with an INDI server on that port makes them."""
    tables = {
        "indi": {"host": "127.0.0.1", "port": port},
        "camera": {"device": "none"},
        "panel": {"kind": "manual"},
    }
    return Connections(Settings.model_validate(tables), print)
