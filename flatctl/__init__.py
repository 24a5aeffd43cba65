"""Flat frames without a hand on them."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flatctl.core.search.search import FlatSearch
    from flatctl.core.types import Outcome

__version__ = "0.1.0"
__all__ = ["FlatSearch", "Outcome", "__version__"]


def __getattr__(name: str) -> Any:
    # Loaded when asked for: a command that searches nothing starts faster.
    if name == "FlatSearch":
        from flatctl.core.search.search import FlatSearch

        return FlatSearch
    if name == "Outcome":
        from flatctl.core.types import Outcome

        return Outcome
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
