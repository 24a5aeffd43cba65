"""The search for a setting, and the capture of a set with it. Loads numpy only when it guesses."""

from flatctl.core.search.endings import Ending, EndingKind
from flatctl.core.search.response import Response
from flatctl.core.search.search import FlatSearch
from flatctl.core.search.series import FlatSeries

__all__ = ["Ending", "EndingKind", "FlatSearch", "FlatSeries", "Response"]
