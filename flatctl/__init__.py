"""Flat frames without a hand on them."""

from flatctl.core.search import FlatSearch
from flatctl.core.types import Outcome

__version__ = "0.1.0"
__all__ = ["FlatSearch", "Outcome", "__version__"]
