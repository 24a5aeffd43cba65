"""The pictures of the documents show the program of today."""

import importlib.util
import re
import time
import xml.etree.ElementTree as ET
from collections import defaultdict
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from flatctl.outputs.report import write_report

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
REMEDY = "make pictures writes it again"
GREYS_OFF = 2.0


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pictures", ROOT / "docs" / "pictures.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PICTURES = script()


@pytest.fixture(scope="module")
def utc(tmp_path_factory):
    """Be in a folder of its own, in the zone in which the pictures were made."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("pictures"))
        patch.setenv("TZ", "UTC")
        patch.setenv("FLATCTL_SIM_SIZE", PICTURES.DUSK_SIZE)
        time.tzset()
        yield
    time.tzset()


@pytest.fixture(scope="module")
def run_and_told(utc):
    return PICTURES.demo_run()


def test_the_picture_of_a_run_has_the_lines_of_a_run(run_and_told):
    drawn = ET.parse(IMAGES / "run.svg").iter("{http://www.w3.org/2000/svg}text")
    shown = "".join("".join(text.itertext()) for text in drawn)
    said = "".join(PICTURES.run_lines(run_and_told[1]))
    assert re.sub(r"\s", "", shown).removeprefix("flatctlrun") == re.sub(r"\s", "", said), REMEDY


def test_the_picture_of_a_dusk_has_the_lines_of_a_dusk(utc):
    """But for figures and looks at the light, which change with each better search."""
    lines: dict[str, str] = defaultdict(str)
    for text in ET.parse(IMAGES / "dusk.svg").iter("{http://www.w3.org/2000/svg}text"):
        lines[text.get("clip-path", "")] += "".join(text.itertext())
    shown = [line for key, line in lines.items() if key.startswith("url(#dusk-line")]
    assert _without_figures(shown) == _without_figures(PICTURES.run_lines(PICTURES.dusk_run()))


def _without_figures(lines: list[str]) -> list[str]:
    kept = [re.sub(r"\s", "", line) for line in lines]
    plain = [re.sub(r"-?\d[\d.]*", "0", line).replace("0to0", "0") for line in kept]
    return [line for line in plain if line and "·trial" not in line]


def test_the_picture_of_a_report_is_of_a_report_of_today(run_and_told, tmp_path):
    pages = {}
    write_report(run_and_told[0], pages.__setitem__)
    (page,) = pages.values()
    kept = (IMAGES / "report.digest").read_text().strip()
    assert PICTURES.report_digest(page) == kept, REMEDY


@pytest.mark.parametrize("name", PICTURES.flats())
def test_a_picture_of_a_flat_is_what_the_simulated_rig_makes(name):
    kept = np.asarray(Image.open(IMAGES / f"flat-{name}.png"), dtype=float)
    assert np.abs(255 * PICTURES.flats()[name]() - kept).mean() < GREYS_OFF, REMEDY


def test_each_picture_of_a_flat_differs_from_the_good_one():
    kept = {
        name: np.asarray(Image.open(IMAGES / f"flat-{name}.png"), dtype=float)
        for name in PICTURES.flats()
    }
    good = kept.pop("good")
    assert [name for name, other in kept.items() if np.abs(other - good).mean() < 5] == []


def test_the_page_shows_all_of_them_with_words_for_who_cannot_see_them():
    page = (ROOT / "docs" / "explanation" / "good-flat.md").read_text("utf-8")
    shown = dict(re.findall(r"!\[([^\]]+)\]\(\.\./images/flat-(\w+)\.png\)", page))
    assert sorted(shown.values()) == sorted(PICTURES.flats())
