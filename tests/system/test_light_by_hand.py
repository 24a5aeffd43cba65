"""A light that a person switches: asked for at a terminal, by word where there is none."""

import os
import pty
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from rigs import FLATCTL, RunningRig, flatctl, simulated_rig

ON, OFF = "switch it on, then press Enter", "Switch the light off, then press Enter"


class AtTerminal:
    """A person at a terminal in which a command runs."""

    def __init__(self, *command: object) -> None:
        self.said = ""
        self._pid, self._line = pty.fork()
        if self._pid == 0:
            os.environ["TERM"] = "dumb"
            os.execv(command[0], [str(each) for each in command])

    def await_words(self, words: str, timeout_s: float = 60.0) -> None:
        """Read until it says that; forget all before."""
        while words not in self.said:
            if not self._read(timeout_s):
                pytest.fail(f"{words!r} was not said, but: {self.said}")
        self.said = self.said.partition(words)[2]

    def press(self, key: bytes) -> None:
        os.write(self._line, key)

    def end(self) -> int:
        """Read to the end and return the exit code."""
        while self._read(60.0):
            pass
        _, status = os.waitpid(self._pid, 0)
        os.close(self._line)
        return os.waitstatus_to_exitcode(status)

    def _read(self, timeout_s: float) -> bool:
        if not select.select([self._line], [], [], timeout_s)[0]:
            os.kill(self._pid, signal.SIGKILL)
            return False
        try:
            said = os.read(self._line, 4096).decode()
        except OSError:  # how the end of a terminal is told
            return False
        self.said += said
        return bool(said)


def by_hand(rig: RunningRig, folder: Path, more: str = "") -> Path:
    """Write a configuration in which nobody but a person switches the rig's panel."""
    lines = rig.config.read_text().replace('kind = "alnitak"', 'kind = "manual"').splitlines()
    of_panel = ('port = "', "boot_delay_s", "brightness")
    kept = [line for line in lines if not line.startswith(of_panel)]
    path = folder / "by_hand.toml"
    path.write_text("\n".join(kept) + more)
    return path


def test_a_run_with_dark_flats_asks_for_the_light_and_for_the_dark(tmp_path):
    with simulated_rig(tmp_path) as rig:
        config = by_hand(rig, tmp_path, "\n[dark_flats]\ncount = 1\n")
        person = AtTerminal(FLATCTL, "run", config, "--filter", "L", "--count", 2)
        person.await_words(f"\aPut the light before the telescope and {ON}")
        assert flatctl("panel", rig.config, "set", 40).returncode == 0
        person.press(b"\n")
        person.await_words(f"\a{OFF}")
        assert flatctl("panel", rig.config, "off").returncode == 0
        person.press(b"\n")
        code = person.end()
    assert (code, "2 flats, 1 dark flat" in person.said) == (0, True)
    assert "The light was told to be off." in person.said


PROGRAM = """
import sys
from flatctl.app.wiring.person import Person
print("done" if Person(lambda wish: print("sent:", wish))("Do it") else "not done")
"""


def asking() -> AtTerminal:
    return AtTerminal(sys.executable, "-c", PROGRAM)


def test_enter_is_yes():
    person = asking()
    person.await_words("\aDo it, then press Enter.")
    person.press(b"\n")
    assert (person.end(), "not done" in person.said) == (0, False)


def test_the_end_of_the_input_is_no():
    person = asking()
    person.await_words("Do it, then press Enter.")
    person.press(b"\x04")
    assert (person.end(), "not done" in person.said) == (0, True)


def test_a_log_says_what_nobody_could_be_asked_for():
    program = subprocess.run(
        [sys.executable, "-c", PROGRAM], stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert program.stderr == (
        "flatctl: Do it; nobody is at the terminal, so nobody is waited for\n"
    )


@pytest.mark.parametrize("closed", ["</dev/null", "2>/dev/null"])
def test_where_there_is_no_terminal_a_message_goes_out_and_nobody_is_waited_for(closed):
    command = f"exec {sys.executable} -c '{PROGRAM}' {closed}"
    person = AtTerminal("/bin/sh", "-c", command)
    assert (person.end(), "sent: Do it" in person.said, "not done" in person.said) == (
        0,
        True,
        True,
    )
