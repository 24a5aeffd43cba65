"""What one search hands to the next."""

import pytest
from panel_rigs import FULL, Rig, exactly, measured

from flatctl.core.pedestal import Origin, Pedestal
from flatctl.core.search.response import Response


def test_the_journey_through_json_changes_nothing():
    known = Response(900.0, 12.5, ((measured(10, 1.5, 2000.0),), (measured(20, 0.5, 3000.0),)))
    assert Response.from_json(known.to_json()) == known


def test_an_unknown_pedestal_stays_unknown_through_json():
    assert Response.from_json(Response().to_json()) == Response()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"pedestal_adu": 1, "pedestal_error_adu": 0, "runs": [[1]]}',
        '{"pedestal_adu": -1, "pedestal_error_adu": 0, "runs": []}',
        '{"pedestal_adu": null, "pedestal_error_adu": 0, "runs": [[[1, 0, 5]]]}',
        '{"pedestal_adu": null, "pedestal_error_adu": NaN, "runs": []}',
    ],
)
def test_a_text_that_is_no_response_is_refused(text):
    with pytest.raises(ValueError, match="not a panel response"):
        Response.from_json(text)


def test_a_figure_without_sense_is_refused_with_its_value():
    said = "the exposures of a response must be > 0 s"
    with pytest.raises(ValueError, match=exactly(said)):
        Response(1000.0, 5.0, ((measured(1, 0.0, 5.0),),))
    said = "a figure of a response must be a number >= 0: -2.0"
    with pytest.raises(ValueError, match=exactly(said)):
        Response(1000.0, 5.0, ((measured(1, 1.0, -2.0),),))


def test_a_calibrated_panel_becomes_a_response():
    known = Response.measured(1000.0, [(100, 5000.0), (200, 9000.0)])
    assert (known.pedestal_adu, known.pedestal_error_adu) == (1000.0, 0.0)
    assert known.runs == ((measured(100, 1.0, 6000.0), measured(200, 1.0, 10000.0)),)


def test_only_the_newest_runs_are_kept_and_clipped_frames_are_none():
    known = Response()
    rig = Rig(curve=lambda b: b / 255, k=0.4 * FULL)
    for _ in range(12):
        known = rig.run(rig.search(response=known)).search.response
    assert len(known.runs) == 8
    clipped = Rig(curve=lambda b: b / 255, k=9 * FULL)
    search = clipped.search()
    search.observe(median_adu=FULL, clipped_frac=1.0)
    assert search.response.runs == ()


def test_the_pedestal_is_learned_from_the_runs_of_a_night():
    known = Response()
    for k in (0.3, 0.05, 0.9, 0.02):
        rig = Rig(curve=lambda b: (b / 255) ** 2.2, k=k * FULL, pedestal=1700.0)
        known = rig.run(rig.search(response=known)).search.response
    assert known.pedestal_adu == pytest.approx(1700.0, abs=100.0)


def test_where_no_pedestal_is_known_from_elsewhere_the_response_stays():
    assert Response(900.0, 10.0).knowing(None) == Response(900.0, 10.0)


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.2])
@pytest.mark.parametrize("origin", [Origin.PANEL_OFF, Origin.CALIBRATION])
def test_no_shape_of_panel_outweighs_a_measured_pedestal(gamma, origin):
    measured_before = Pedestal.measured(1000.0, origin)
    known = Response().knowing(measured_before)
    for k in (0.9, 0.3, 0.05):
        rig = Rig(curve=lambda b: (b / 255) ** gamma, k=k * FULL, pedestal=1000.0)
        known = rig.run(rig.search(response=known)).search.response
        assert known.pedestal == measured_before
