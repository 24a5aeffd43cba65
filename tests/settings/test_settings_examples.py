import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from flatctl.settings import load

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "config").glob("*.toml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_a_configuration(path):
    load(path, {})


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
