"""What the pages tell people to type works, and what they tell them to write is accepted."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import rigs

from flatctl.settings.loading import load

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
NEEDED = '[camera]\ndevice = "CCD"\n[wheel]\ndevice = "Wheel"\n[panel]\nkind = "manual"\n'


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.M | re.S)


def toml_blocks():
    for page in PAGES:
        for number, block in enumerate(blocks(page, "toml"), start=1):
            yield pytest.param(block, id=f"{page.relative_to(ROOT)}-{number}")


@pytest.mark.parametrize("block", list(toml_blocks()))
def test_a_configuration_shown_is_accepted(block, tmp_path):
    shown = tomllib.loads(block)
    missing = [
        table
        for table in re.split(r"(?=^\[)", NEEDED, flags=re.M)
        if table and table[1 : table.index("]")] not in shown
    ]
    path = tmp_path / "rig.toml"
    path.write_text(block + "\n" + "".join(missing))
    load(path)


@pytest.mark.timeout(300)
def test_the_tutorial_works_word_for_word(tmp_path):
    tutorial = ROOT / "docs/tutorial/first-flats.md"
    with rigs.simulated_rig(tmp_path) as rig:
        script = "\n".join(blocks(tutorial, "sh"))
        script = script.replace(".venv/bin/", f"{Path(sys.executable).parent}/")
        script = script.replace("/tmp/rig.json", str(tmp_path / "ready.json"))
        script = script.replace("/tmp/first-flats", str(tmp_path / "first-flats"))
        done = subprocess.run(["bash", "-e", "-c", script], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert str(rig.config) in done.stdout
        assert "all good" in done.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_link_of_a_page_leads_nowhere(page):
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text())
    dead = [t for t in targets if "://" not in t and not (page.parent / t).exists()]
    assert dead == []
