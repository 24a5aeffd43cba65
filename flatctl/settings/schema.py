"""The JSON schema of the configuration file, for editors that complete and check TOML."""

from typing import Any

from flatctl.settings.models import Settings


def schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of the configuration file."""
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
    """Leave out titles: pydantic's only repeat the keys."""
    match node:
        case dict():
            kept = ((k, v) for k, v in node.items() if k != "title" or not isinstance(v, str))
            return {key: _untitled(value) for key, value in kept}
        case list():
            return [_untitled(value) for value in node]
        case _:
            return node
