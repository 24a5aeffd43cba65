"""Facts that lack what their sentence needs still have a name, and nothing else is said."""

import math

import pytest

from flatctl.core.band import Band
from flatctl.core.quality.findings import Finding, Kind
from flatctl.core.search.endings import Ending, EndingKind
from flatctl.outputs.sentences.reasons import why_words

BAND = Band(33400.0, 3277.0, 65535.0)


@pytest.mark.parametrize("kind", EndingKind)
def test_an_ending_without_its_figures_is_told_by_its_name(kind: EndingKind) -> None:
    assert why_words(Ending(kind, BAND, {})) == kind.value.replace("_", " ")


@pytest.mark.parametrize("kind", Kind)
def test_a_finding_without_its_figures_is_told_by_its_name(kind: Kind) -> None:
    assert why_words((Finding(kind, {}),)) == kind.value.replace("_", " ")


@pytest.mark.parametrize("kind", Kind)
def test_a_finding_whose_figures_are_words_is_told_by_its_name(kind: Kind) -> None:
    figures = dict.fromkeys(("leak_frac", "exposure_s", "median_frac", "against"), "x")

    assert why_words((Finding(kind, figures),)) == kind.value.replace("_", " ")


def test_an_ending_of_impossible_figures_is_told_by_its_name() -> None:
    figures = {"brightness": 1.0, "exposure_s": 1.0, "level_adu": -9.0}
    ending = Ending(EndingKind.PLATEAU, BAND, figures)

    assert why_words(ending) == "plateau"


def test_unknown_figures_are_told_as_such() -> None:
    finding = Finding(Kind.CLIPPED, {"clipped_frac": math.nan})

    assert why_words((finding,)).startswith("clipped: nan")
