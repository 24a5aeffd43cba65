"""No key of the configuration is documented and never looked at."""

import re
from pathlib import Path

from flatctl.settings.messages.keys import keys_of
from flatctl.settings.models import Settings
from flatctl.settings.panels import PANEL_MODELS

FLATCTL = Path(__file__).parents[2] / "flatctl"
CODE = "".join(path.read_text("utf-8") for path in FLATCTL.rglob("*.py"))
DRIVERS = "".join(path.read_text("utf-8") for path in (FLATCTL / "devices").rglob("*.py"))
TABLES = {
    **{name: ("filters", "Ha") if name == "filters" else (name,) for name in Settings.model_fields},
    "sets": ("sets", "1"),
}


def test_every_key_is_read():
    keys = [(t, key) for t, place in TABLES.items() if t != "panel" for key in keys_of(place)]
    assert len(keys) > 60
    assert [place for place in keys if not re.search(rf"\.{place[1]}\b", CODE)] == []


def test_every_option_of_a_panel_is_read_or_an_argument_of_its_driver():
    options = {key for model in PANEL_MODELS.values() for key in model.model_fields}
    unused = [
        key
        for key in options
        if not (re.search(rf"\.{key}\b", CODE) or re.search(rf"\b{key}: ", DRIVERS))
    ]
    assert unused == []
