"""The known keys of every table: one walk over the models, for suggestions, variables and docs."""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from flatctl.settings.flats import FilterFlats, WantedSet
from flatctl.settings.models import Settings
from flatctl.settings.panels import PANEL_MODELS

_MANY: dict[str, type[BaseModel]] = {"filters": FilterFlats, "sets": WantedSet}


def keys_of(place: Sequence[str], data: Mapping[str, Any] | None = None) -> dict[str, FieldInfo]:
    """Return the keys that may stand in the table at `place`, empty where no table may stand.

    `data` is the file's content: it tells which kind of panel is meant.
    """
    if not place:
        return dict(Settings.model_fields)
    if place[0] == "panel":
        return _panel_keys(data) if len(place) == 1 else {}
    model: type[BaseModel] | None = Settings
    rest = list(place)
    if rest[0] in _MANY:
        model, rest = _MANY[rest[0]], rest[2:]
        if len(place) == 1:
            return {}
    for part in rest:
        field = model.model_fields.get(part) if model else None
        model = _table(field) if field else None
    return dict(model.model_fields) if model else {}


def _panel_keys(data: Mapping[str, Any] | None) -> dict[str, FieldInfo]:
    panel = (data or {}).get("panel")
    kind = panel.get("kind") if isinstance(panel, Mapping) else None
    if isinstance(kind, str) and kind in PANEL_MODELS:
        return dict(PANEL_MODELS[kind].model_fields)
    return {
        name: field for model in PANEL_MODELS.values() for name, field in model.model_fields.items()
    }


def _table(field: FieldInfo) -> type[BaseModel] | None:
    """Return the model of a table, which may be one that can be absent."""
    for candidate in (field.annotation, *get_args(field.annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None
