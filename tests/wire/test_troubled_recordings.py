"""Recorded starts and silences over which other drivers stumble: what ours makes of each."""

import pytest
from dialogue import dialogue, recorded, recordings

from flatctl.devices.serial.alnitak import AlnitakPanel
from flatctl.devices.serial.deepskydad import DeepSkyDadPanel
from flatctl.devices.serial.flatmaster import FlatMasterPanel
from flatctl.devices.serial.snapcap import SnapCapPanel
from flatctl.errors import BadReply, NoReply, Unreachable

LIMIT_S = 3.0  # shared by three tries


def alnitak(port: str) -> AlnitakPanel:
    """Return a driver that says its words as the recorded program did."""
    return AlnitakPanel(port, terminator="lf", boot_delay_s=0.0)


@pytest.mark.parametrize(
    ("name", "pings"), [("cr-lf", 1), ("late-start", 2), ("later-start", 3), ("slow-motor", 1)]
)
def test_a_flip_flat_is_found(name, pings):
    with dialogue(*recorded(f"alnitak-{name}")[:pings]) as port:
        panel = alnitak(port)
        panel.open(LIMIT_S)
        assert panel.has_cover
        panel.close()


def test_a_flip_flat_that_never_starts_is_unreachable():
    with (
        dialogue(*recorded("alnitak-no-start")) as port,
        pytest.raises(Unreachable, match="nobody answers"),
    ):
        alnitak(port).open(LIMIT_S)


def test_a_flip_flat_that_falls_silent_is_no_reply():
    ping, _, _, _, _, silence, _ = recorded("alnitak-falls-silent")
    with dialogue(ping, silence, silence, silence) as port:
        panel = alnitak(port)
        panel.open(LIMIT_S)
        with pytest.raises(NoReply):
            panel.status(LIMIT_S)
        panel.close()


def test_an_fp1_that_starts_late_is_asked_again():
    ((_, silence),) = recorded("deepskydad-fp1-late-start")
    (board,) = (pair for pair in recordings("deepskydad")["deepskydad-fp1"] if b"GFRM" in pair[0])
    with dialogue((board[0], silence), board) as port:
        panel = DeepSkyDadPanel(port, boot_delay_s=0.0)
        panel.open(LIMIT_S)
        panel.close()


@pytest.mark.parametrize("name", ["other-name", "no-name"])
def test_what_does_not_call_itself_a_flatmaster_is_refused(name):
    greeting, *_ = recorded(f"flatmaster-{name}")
    with dialogue(greeting, greeting, greeting) as port, pytest.raises(BadReply, match="answered"):
        FlatMasterPanel(port, boot_delay_s=0.0).open(LIMIT_S)


def test_a_snapcap_whose_first_answer_is_garbled_is_found():
    with dialogue(*recorded("snapcap-garbled-start")[:2]) as port:
        panel = SnapCapPanel(port, boot_delay_s=0.0)
        panel.open(LIMIT_S)
        panel.close()
