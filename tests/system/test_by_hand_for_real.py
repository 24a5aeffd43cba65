"""`flatctl by-hand` as a person meets it: a terminal, a folder, and a panel on a serial line."""

import json
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from dng_builder import write_dng
from rigs import FLATCTL, flatctl, simulated_rig
from test_light_by_hand import AtTerminal

from flatctl.core.shutter import THIRDS, speed_of

pytestmark = pytest.mark.timeout(180)

BLACK, WHITE = 1024, 15490
RNG = np.random.default_rng(5)


class Photographer:
    """Takes pictures of a light of that many ADU/s, into a card that is in its reader."""

    def __init__(self, card: Path, shutter_s: float) -> None:
        self.card, self.shutter_s = card, shutter_s
        self.taken: list[Path] = []

    def shoot(self, light_adu_s: float) -> None:
        real_s = speed_of(self.shutter_s, THIRDS).real_s
        level = BLACK + light_adu_s * real_s * np.tile([[0.5, 1.0], [1.0, 0.7]], (60, 80))
        pixels = RNG.normal(level, np.sqrt(level)).clip(0, WHITE).astype(np.uint16)
        path = self.card / "100CANON" / f"IMG_{len(self.taken) + 1:04d}.DNG"
        self.taken.append(write_dng(path, pixels, exposure_s=self.shutter_s))

    def set(self, told: str) -> None:
        if speed := re.search(r"Set (\S+) s, then", told):
            self.shutter_s = float(Fraction(speed[1]))


class Terminal(AtTerminal):
    """A person at a terminal who does what it asks for."""

    def next_wish(self) -> tuple[str, int]:
        """Return the next line that asks for pictures, and how many."""
        pattern = re.compile(r"((?:Set|Take)[^\r\n]*?(one|\d+) pictures?[^\r\n]*)\r?\n")
        while not (found := pattern.search(self.said)):
            assert self._read(60.0), f"nothing asked for, but: {self.said}"
        self.said = self.said[found.end() :]
        return found[1], 1 if found[2] == "one" else int(found[2])


def test_a_panel_and_a_folder_make_a_set_and_the_panel_ends_dark(tmp_path):
    card = tmp_path / "card"
    card.mkdir()
    camera = Photographer(card, 1 / 8)
    with simulated_rig(tmp_path) as rig:
        command = ("by-hand", card, "--rig", rig.config, "--count", 3, "--output", tmp_path / "o")
        person = Terminal(FLATCTL, *command)
        person.await_words("ake a first picture")
        camera.shoot(0.0)
        for _ in range(8):
            told, many = person.next_wish()
            camera.set(told)
            lit = rig.light()[-1]
            for _ in range(many):
                camera.shoot(500.0 * lit["brightness"] if lit["lit"] else 0.0)
            if "like this" in told:
                break
        code = person.end()
        dark = not rig.light()[-1]["lit"]
    assert (code, dark) == (0, True), person.said
    assert "Complete: 1 of 1 set, 3 flats" in person.said
    run = json.loads(next((tmp_path / "o").rglob("run.json")).read_text())
    trials = [event for event in run["events"] if event["event"] == "trial"]
    assert {event["exposure_s"] for event in trials} == {1 / 8}
    counted = [event["path"] for event in run["events"] if event["event"] == "flat"]
    assert counted == [str(path) for path in camera.taken[-3:]]
    report = next((tmp_path / "o").rglob("report.html")).read_text()
    assert "data:image/png" in report
    assert len(list(card.rglob("*"))) == len(camera.taken) + 1


def test_without_a_folder_that_could_be_one_it_says_so(tmp_path):
    (tmp_path / "a").write_text("")
    shown = flatctl("by-hand", tmp_path / "a")
    assert (shown.returncode, "is a file" in shown.stderr) == (2, True)
