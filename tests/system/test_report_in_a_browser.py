"""The report as a phone and a large screen show it, in a real Chromium."""

import sys
import time
from pathlib import Path

import pytest
from chromium import Chromium, chromium

from flatctl.outputs.record import RunRecord
from flatctl.outputs.report import render
from flatctl.outputs.thumbnail import FrameFolder

sys.path.append(str(Path(__file__).parents[1] / "outputs"))
from event_streams import Dusk, mixed_night

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(180)]

PAGES_MAX_S = 20.0
PAPER, NIGHT = "rgb(251, 250, 248)", "rgb(16, 19, 23)"
TOO_WIDE = """[...document.querySelectorAll('body *')].filter(
  e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('svg')).length"""
ASKED = """performance.getEntriesByType('resource').filter(
  r => !r.name.startsWith('data:')).length"""
EXPLAINED = """document.querySelector('.why > p').checkVisibility() &&
  document.querySelector('.why > p').getBoundingClientRect().right <= innerWidth"""
LOADED = "document.readyState == 'complete' && !!document.querySelector('footer')"
BROKEN = "[...document.images].filter(i => !i.complete || !i.naturalWidth).length"


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("2026-11-22")
    night = mixed_night(folder, write=True)
    path = folder / "report.html"
    path.write_text(render(RunRecord.of(night), FrameFolder(folder, folder)), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def sky_page(tmp_path_factory) -> Path:
    """Return the report of a dusk of seven filters, one of them in no plan."""
    names = ("L", "R", "G", "B", "H_Alpha_3nm", "OIII", "SII")
    dusk = Dusk(*names)
    dusk.plan(*names[:-1])
    for n, name in enumerate(names[:-1]):
        for index in range(1, 21):
            dusk.flat(name, index, 0.5 + 0.1 * index, -1.5 - n, 600.0 * n + 5.0 * index)
        dusk.tell("filter_finished", filter=name, outcome="complete", flats=20)
    dusk.tell("filter_finished", filter="SII", outcome="too_dim", flats=0, reason="too dim")
    dusk.tell("run_finished", exit_code=5, seconds=900.0, sets={}, mount="standing")
    folder = tmp_path_factory.mktemp("2026-11-09")
    path = folder / "report.html"
    path.write_text(render(dusk.run, FrameFolder(folder, folder)), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("browser")) as started:
        yield started


def opened(browser: Chromium, page: Path, width: int, scheme: str = "light") -> Chromium:
    """Show the page, every part of it opened, on a screen of that width."""
    feature = {"name": "prefers-color-scheme", "value": scheme}
    browser.call("Emulation.setEmulatedMedia", features=[feature])
    browser.call(
        "Emulation.setDeviceMetricsOverride",
        width=width,
        height=900,
        deviceScaleFactor=1,
        mobile=width < 600,
    )
    browser.show("about:blank")
    browser.show(page.as_uri())
    deadline = time.monotonic() + PAGES_MAX_S
    while not browser.value(LOADED):
        assert time.monotonic() < deadline, "the page does not load"
    browser.value("document.querySelectorAll('details').forEach(d => d.open = true)")
    return browser


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_is_wider_than_the_screen(browser, page, width):
    shown = opened(browser, page, width)
    assert shown.value("document.documentElement.scrollWidth") == width
    assert shown.value(TOO_WIDE) == 0


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_of_a_twilight_is_wider_than_the_screen(browser, sky_page, width):
    shown = opened(browser, sky_page, width)
    assert shown.value("document.documentElement.scrollWidth") == width
    assert shown.value(TOO_WIDE) == 0


def test_every_picture_shows_and_nothing_is_asked_for(browser, page):
    shown = opened(browser, page, 390)
    assert shown.value("document.images.length") > 0
    assert shown.value(BROKEN) == 0
    assert shown.value(ASKED) == 0


@pytest.mark.parametrize(("scheme", "colour"), [("light", PAPER), ("dark", NIGHT)])
def test_the_page_is_light_or_dark_as_its_reader_has_it(browser, page, scheme, colour):
    shown = opened(browser, page, 390, scheme)
    assert shown.value("getComputedStyle(document.body).backgroundColor") == colour


def test_what_a_word_means_is_shown_by_the_keyboard_alone(browser, page):
    shown = opened(browser, page, 390)
    shown.value("document.querySelectorAll('.why').forEach(d => d.open = false)")
    shown.value("document.querySelector('.why > summary').focus()")
    assert shown.value(EXPLAINED) is False
    for kind in ("keyDown", "keyUp"):
        shown.call("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", text="\r")
    assert shown.value(EXPLAINED) is True
