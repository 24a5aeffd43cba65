"""A screen as the panel, in a real browser: what it paints, and whole runs in its light."""

import re
import socket
import threading
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import rigs
from chromium import Chromium, chromium

from flatctl.devices.screen.panel import ScreenPanel
from flatctl.devices.serial.alnitak import AlnitakPanel

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(120)]

TOKEN = "a-secret-word"
LIMIT_S = 20.0
BLACK = {(0, 0, 0)}


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("browser")) as started:
        yield started


@contextmanager
def on_screen(browser: Chromium, **options: object) -> Iterator[ScreenPanel]:
    """Open a panel and its page in the browser."""
    panel = ScreenPanel(("127.0.0.1", 0), wait_s=LIMIT_S, **options)
    opening = threading.Thread(target=panel.open, args=(LIMIT_S,))
    opening.start()
    until(lambda: panel.address, "the page is served")
    browser.show(panel.address)
    opening.join()
    try:
        yield panel
    finally:
        panel.close()
        browser.show("about:blank")


def until(condition, what: str, timeout_s: float = LIMIT_S) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.02)


def words(browser: Chromium) -> str:
    return str(browser.value("document.body.innerText")).strip()


def test_the_pixels_are_what_was_asked_for(browser):
    with on_screen(browser) as panel:
        for brightness in (0, 1, 2, 77, 128, 254, 255):
            panel.set_brightness(brightness, LIMIT_S)
            assert browser.painted() == {(brightness,) * 3}


def test_a_tint_colours_every_pixel(browser):
    with on_screen(browser, tint=(1.0, 0.5, 0.25)) as panel:
        panel.set_brightness(200, LIMIT_S)
        assert browser.painted() == {(200, 100, 50)}


def test_there_is_nothing_but_light_while_lit_and_one_line_while_not(browser):
    with on_screen(browser) as panel:
        panel.set_brightness(30, LIMIT_S)
        assert words(browser) == ""
        panel.light_off(LIMIT_S)
        assert words(browser).startswith("Connected to flatctl.")
        assert max(max(colour) for colour in browser.painted()) < 100


def test_the_pointer_is_hidden(browser):
    with on_screen(browser):
        assert browser.value("getComputedStyle(document.body).cursor") == "none"


def test_the_screen_is_kept_awake(browser):
    with on_screen(browser):
        until(lambda: browser.value("awake"), "the wake lock is held")


def test_without_a_wake_lock_a_video_plays_and_the_line_says_what_to_do(browser):
    # On plain http beyond localhost there is no wake lock; the browser can be told to have none.
    off = browser.call(
        "Page.addScriptToEvaluateOnNewDocument",
        source="Object.defineProperty(Navigator.prototype, 'wakeLock', {value: undefined})",
    )
    try:
        with on_screen(browser) as panel:
            until(lambda: browser.value("document.querySelector('video')?.paused === false"), "on")
            panel.light_off(LIMIT_S)
            assert "never sleep" in words(browser)
            panel.set_brightness(9, LIMIT_S)
            assert browser.painted() == {(9, 9, 9)}
    finally:
        browser.call("Page.removeScriptToEvaluateOnNewDocument", identifier=off["identifier"])


def test_the_page_comes_back_by_itself_with_its_light(browser):
    with on_screen(browser) as panel:
        panel.set_brightness(50, LIMIT_S)
        panel.close()
        assert browser.painted() == {(50, 50, 50)}
        panel.open(LIMIT_S)
        assert panel.status(LIMIT_S).brightness == 50


def test_loaded_again_it_shines_as_before(browser):
    with on_screen(browser) as panel:
        panel.set_brightness(50, LIMIT_S)
        browser.call("Page.reload")
        until(lambda: browser.value("typeof lit !== 'undefined' && lit"), "the light is back")
        assert browser.painted() == {(50, 50, 50)}


def test_left_alone_it_puts_itself_out(browser):
    with on_screen(browser) as panel:
        panel.set_brightness(50, LIMIT_S)
        browser.value("aloneMs = 200")
        browser.offline(offline=True)
        try:
            until(lambda: browser.value("lit") is False, "dark")
            assert "No connection" in words(browser)
        finally:
            browser.offline(offline=False)


def test_a_second_tab_is_turned_away(browser, tmp_path):
    with on_screen(browser) as panel, chromium(tmp_path) as second:
        second.show(panel.address)
        until(lambda: "Another screen" in words(second), "it says so")
        panel.set_brightness(50, LIMIT_S)
        assert browser.painted() == {(50, 50, 50)}


# Whole runs


class Watched:
    """A simulated rig whose lamp follows the browser's page, and a configuration for that.

    The camera sees what the page says its colour is, as the serial panel of the rig shines it.
    """

    def __init__(self, browser: Chromium, folder: Path) -> None:
        self.browser = browser
        self.folder = folder
        self.levels: list[int | None] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow)
        self._lock = threading.Lock()

    @contextmanager
    def rig(self) -> Iterator[rigs.RunningRig]:
        with rigs.simulated_rig(self.folder) as rig:
            text = rig.config.read_text()
            self._panel = tomllib.loads(text)["panel"]["port"]
            self._place = f"127.0.0.1:{free_port()}"
            screen = (
                f'[panel]\nkind = "screen"\nlisten = "{self._place}"\ntoken = "{TOKEN}"\n'
                "settle_s = 0.3\n\n[flats]"
            )
            config = self.folder / "screen.toml"
            config.write_text(re.sub(r"\[panel\].*?\[flats\]", screen, text, flags=re.DOTALL))
            self._thread.start()
            try:
                yield rigs.RunningRig(config, rig.light_log, rig.port)
            finally:
                self._stop.set()
                self._thread.join()

    def show(self) -> None:
        """Open the page, again and again until it is served."""
        until(self._shown, "the page is served")

    def offline(self, *, offline: bool) -> None:
        with self._lock:
            self.browser.offline(offline=offline)

    def _shown(self) -> bool:
        with self._lock:
            self.browser.show(f"http://{self._place}/?token={TOKEN}")
            time.sleep(0.2)
            return self.browser.value("document.title") == "flatctl panel"

    def _level(self) -> int | None:
        with self._lock:
            return self.browser.value("typeof lit !== 'undefined' && lit ? shown()[0] : null")

    def _follow(self) -> None:
        lamp = AlnitakPanel(self._panel, boot_delay_s=0)
        lamp.open(LIMIT_S)
        while not self._stop.wait(0.02):
            level = self._level()
            if self.levels and level == self.levels[-1]:
                continue
            self.levels.append(level)
            if level is None:
                lamp.light_off(LIMIT_S)
            else:
                lamp.set_brightness(level, LIMIT_S)
        lamp.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@pytest.fixture
def watched(browser, tmp_path):
    return Watched(browser, tmp_path)


def test_a_run_converges_in_the_light_of_a_screen(watched, tmp_path):
    with watched.rig() as rig:
        words = ("run", rig.config, "--filter", "L", "--filter", "R", "--count", 2)
        with rigs.started(*words, "--json", "--output", tmp_path / "flats") as run:
            watched.show()
            run.stdout.read()
            talk = run.stderr.read()
            assert run.wait(60) == 0, talk
    assert len(list((tmp_path / "flats").rglob("*.fits"))) == 4
    assert f"token={TOKEN}" in talk
    assert watched.levels[-1] is None


def test_a_connection_lost_in_the_middle_of_a_run_is_a_fault_and_the_run_goes_on(watched, tmp_path):
    with watched.rig() as rig:
        arguments = ("--filter", "L", "--count", 3, "--json")
        with rigs.started("run", rig.config, *arguments, "--output", tmp_path / "flats") as run:
            watched.show()
            told = []
            for line in run.stdout:
                told.append(line)
                if '"event": "trial"' in line and "accepted" not in line:
                    break
            # Longer than flatctl is ready to overlook.
            watched.offline(offline=True)
            time.sleep(14)
            watched.offline(offline=False)
            told += run.stdout.readlines()
            assert run.wait(60) == 0, run.stderr.read()
    faults = [line for line in told if '"event": "fault"' in line]
    assert faults
    assert all('"recovered": true' in line for line in faults)
    assert len(list((tmp_path / "flats").rglob("*.fits"))) == 3
