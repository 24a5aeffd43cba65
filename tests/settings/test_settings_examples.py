import json
import re
import tomllib
from pathlib import Path

import jsonschema
import pytest

from flatctl.devices.catalog import PANELS
from flatctl.settings.loading import load

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "config").glob("*.toml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_a_configuration(path):
    load(path, {})


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_says_first_what_it_needs(path):
    first, *_ = path.read_text("utf-8").splitlines()
    assert re.match(r"# Needs (no hardware|an? |the |what )", first)


def panel_tables() -> dict[str, str]:
    """Return the tables of config/panels.toml by their kind, ready to use."""
    text = (ROOT / "config/panels.toml").read_text("utf-8")
    _, *parts = re.split(r"^(?=(?:# )?\[panel\])", text, flags=re.MULTILINE)
    tables = [re.sub(r"^# ", "", part, flags=re.MULTILINE) for part in parts]
    return {tomllib.loads(table)["panel"]["kind"]: table for table in tables}


def test_every_kind_of_panel_is_among_the_examples():
    assert set(panel_tables()) == set(PANELS)


@pytest.mark.parametrize("kind", PANELS)
def test_the_example_of_a_kind_of_panel_is_a_configuration(kind, tmp_path):
    path = tmp_path / "rig.toml"
    path.write_text(f'[camera]\ndevice = "CCD"\n\n{panel_tables()[kind]}')
    assert load(path, {}).panel.kind == kind


@pytest.mark.parametrize("kind", PANELS)
def test_a_kind_of_panel_is_told_how_to_set_up(kind):
    pages = "".join(page.read_text("utf-8") for page in (ROOT / "docs/how-to").glob("*.md"))
    assert f'kind = "{kind}"' in pages


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_fits_the_schema(path):
    schema = json.loads((ROOT / "config/flatctl.schema.json").read_text("utf-8"))
    jsonschema.validate(tomllib.loads(path.read_text("utf-8")), schema)


def test_there_is_an_example_for_every_sort_of_rig():
    assert {path.stem for path in EXAMPLES} >= {
        "dslr",
        "example",
        "indi-light-box",
        "mono-refractor",
        "osc-manual-light",
        "osc-screen",
        "simulated-rig",
    }


def test_the_schema_refuses_an_unknown_key():
    schema = json.loads((ROOT / "config/flatctl.schema.json").read_text("utf-8"))
    tables = {"camera": {"device": "C", "gian": 1}, "panel": {"kind": "manual"}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tables, schema)
