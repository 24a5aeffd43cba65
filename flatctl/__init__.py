"""Flat frames without a hand on them."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flatctl.core.search.search import FlatSearch
    from flatctl.core.sky.filters import SkyFilter
    from flatctl.core.sky.search import SkyFlatSearch
    from flatctl.core.types import Outcome

__version__ = "0.1.0"
__all__ = ["FlatSearch", "Outcome", "SkyFilter", "SkyFlatSearch", "__version__"]


_HOMES = {
    "FlatSearch": "flatctl.core.search.search",
    "Outcome": "flatctl.core.types",
    "SkyFilter": "flatctl.core.sky.filters",
    "SkyFlatSearch": "flatctl.core.sky.search",
}


def __getattr__(name: str) -> Any:
    # Loaded when asked for: a command that searches nothing starts faster.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
