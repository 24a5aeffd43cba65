"""What is said beside a run: lines that break between words, and an address as a picture."""

import io
import sys

from flatctl.outputs.aside import say, show_link

ADDRESS = "http://192.168.178.105:8765/?token=beVH-5Ci6WiA7ITTAGKssQ"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def terminal(monkeypatch, columns: int) -> Terminal:
    made = Terminal()
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(sys, "stderr", made)
    return made


def test_an_address_is_drawn_on_a_terminal(monkeypatch):
    screen = terminal(monkeypatch, 80)
    show_link(ADDRESS)
    lines = screen.getvalue().splitlines()
    assert {len(line) for line in lines} == {37}
    assert set("".join(lines)) <= set("█▀▄ ")


def test_a_terminal_without_room_is_left_alone(monkeypatch):
    screen = terminal(monkeypatch, 30)
    show_link(ADDRESS)
    assert screen.getvalue() == ""


def test_a_log_has_no_pictures(capsys):
    show_link(ADDRESS)
    assert capsys.readouterr().err == ""


def test_a_word_longer_than_the_terminal_stays_whole(monkeypatch):
    screen = terminal(monkeypatch, 40)
    say(f"Open on the screen: {ADDRESS}")
    assert ADDRESS in screen.getvalue().split()


def test_who_has_left_changes_nothing(monkeypatch):
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed)
    say("still there")
