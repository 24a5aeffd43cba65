import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from until import until
from xml_client import Client


@dataclass
class Rig:
    """A served simulated rig, as a test sees it."""

    port: int
    panel: str
    panel_log: Path
    pid: int
    served: dict[str, object]

    def client(self) -> Client:
        return Client(self.port)

    def light(self) -> dict[str, object]:
        return json.loads(self.panel_log.read_text().splitlines()[-1])


@pytest.fixture(scope="session")
def by_indipyserver(tmp_path_factory) -> Iterator[Rig]:
    ready = tmp_path_factory.mktemp("rig") / "ready.json"
    process = subprocess.Popen(
        [sys.executable, "-m", "hardware_sims", "--ready", str(ready)], stdout=subprocess.DEVNULL
    )
    try:
        until(ready.exists, "the rig is ready")
        served = json.loads(ready.read_text())
        yield Rig(served["port"], served["panel"], Path(served["panel_log"]), process.pid, served)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


@pytest.fixture(scope="session")
def by_indiserver(tmp_path_factory) -> Iterator[Rig]:
    from indiserver import indiserver

    state = tmp_path_factory.mktemp("state")
    programs = Path(sys.executable).parent
    drivers = [str(programs / f"flatctl_sim_{name}") for name in ("ccd", "wheel", "lightbox")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLATCTL_SIM_STATE", str(state))
        patch.delenv("FLATCTL_SIM_SCENARIO", raising=False)
        panel = subprocess.Popen(
            [str(programs / "flatctl_sim_panel")], stdout=subprocess.PIPE, text=True, env=os.environ
        )
        try:
            assert panel.stdout is not None
            device = panel.stdout.readline().strip()
            with indiserver(*drivers) as server:
                yield Rig(server.port, device, state / "light.log", panel.pid, {})
        finally:
            panel.terminate()
            panel.wait(10)
            panel.stdout.close()


@pytest.fixture(params=["indipyserver", pytest.param("indiserver", marks=pytest.mark.indi_bin)])
def rig(request: pytest.FixtureRequest) -> Rig:
    served: Rig = request.getfixturevalue(f"by_{request.param}")
    return served


@pytest.fixture
def connected(rig: Rig) -> Iterator[Callable[[str], Client]]:
    """Return a function that connects a device and gives a client that has seen it all."""
    clients: list[Client] = []

    def connect(device: str) -> Client:
        client = rig.client()
        clients.append(client)
        client.connect(device)
        return client

    yield connect
    for client in clients:
        client.close()
