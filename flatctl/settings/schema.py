"""The JSON schema of the configuration file, for editors that complete and check TOML."""

import re
from typing import Any

from flatctl.settings.meanings import describe, tables
from flatctl.settings.models import Settings

_LINE_END = re.compile(r"(?<!\n)\n(?!\n)")


def schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of the configuration file."""
    describe()
    for table in tables():
        table.model_rebuild(force=True)
    document = _untitled(Settings.model_json_schema())
    # What a filter's own table leaves out comes from [flats], not from a default.
    for field in document["$defs"]["FilterFlats"]["properties"].values():
        field.pop("default", None)
    for table in document["properties"].values():
        table.pop("default", None)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "flatctl configuration",
        **document,
    }


def _untitled(node: Any) -> Any:
    """Leave out titles, which only repeat the keys, and unwrap the lines of docstrings."""
    match node:
        case dict():
            kept = ((k, v) for k, v in node.items() if k != "title" or not isinstance(v, str))
            return {key: _untitled(value) for key, value in kept}
        case list():
            return [_untitled(value) for value in node]
        case str():
            return _LINE_END.sub(" ", node)
        case _:
            return node
