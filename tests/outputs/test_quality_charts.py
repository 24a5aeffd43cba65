import io
import re

import numpy as np
import pytest
from event_streams import typed
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from flatctl.events import SetQuality
from flatctl.outputs.quality_charts import difference_picture, photon_noise, radial_profile

PROFILE = {"profile": [1.0, 0.98, 0.95, 0.9, 0.82]}
NOISE = {
    "e_per_adu": 0.25,
    "transfer_light_adu": [20_000.0, 25_000.0, 30_000.0],
    "transfer_noise_adu": [282.8, 316.2, 346.4],
}


def quality_of(figures: dict[str, object]) -> SetQuality:
    made = typed("set_quality", **figures)
    assert isinstance(made, SetQuality)
    return made


def changed(depth: float = -0.02) -> dict[str, object]:
    cells = np.zeros((48, 64))
    cells[10, 20] = depth
    return {
        "compared": True,
        "cell_px": 20,
        "difference_ppm": (1e6 * cells).round().astype(int).tolist(),
        "spots": [{"row_px": 210, "col_px": 410, "depth_frac": -depth}],
    }


def painted(quality: dict[str, object]) -> np.ndarray:
    found = difference_picture(quality_of(quality))
    assert found is not None
    return np.asarray(Image.open(io.BytesIO(found.png))) / 255.0


def test_the_profile_is_drawn_with_a_mark_per_ring() -> None:
    drawing = str(radial_profile(quality_of(PROFILE)))
    assert drawing.count('class="kept"') == 5
    assert "82.0 % at 90 % of the way" in drawing


def test_noise_that_photons_make_lies_on_the_line_of_photons() -> None:
    drawing = str(photon_noise(quality_of(NOISE)))
    marks = [tuple(map(float, m)) for m in re.findall(r'cx="([\d.]+)" cy="([\d.]+)"', drawing)]
    points = re.search(r'points="([^"]+)" class="photons"', drawing)
    assert points
    line = np.array([[float(v) for v in p.split(",")] for p in points[1].split()])
    for x, y in marks:
        assert y == pytest.approx(np.interp(x, line[:, 0], line[:, 1]), abs=0.5)


def test_noise_beyond_that_of_photons_lies_above_the_line() -> None:
    noisy = NOISE | {"transfer_noise_adu": [400.0, 420.0, 440.0]}
    marks = re.findall(r'cy="([\d.]+)"', str(photon_noise(quality_of(noisy))))
    line = re.search(r'points="([^"]+)" class="photons"', str(photon_noise(quality_of(noisy))))
    assert line
    assert max(map(float, marks)) < min(float(p.split(",")[1]) for p in line[1].split())


def test_what_grew_darker_is_orange_and_what_grew_brighter_blue() -> None:
    red, _, blue, alpha = painted(changed(-0.02))[10, 20]
    assert (red > blue, alpha) == (True, 1.0)
    red, _, blue, alpha = painted(changed(0.02))[10, 20]
    assert (red < blue, alpha) == (True, 1.0)


def test_what_did_not_change_lets_the_page_show_through() -> None:
    assert painted(changed())[30, 30, 3] == 0.0


def test_the_deepest_colour_is_that_of_the_strongest_spot() -> None:
    found = difference_picture(quality_of(changed(-0.02)))
    assert found is not None
    assert found.full_frac == pytest.approx(0.02)


def test_the_noise_of_a_calm_set_is_not_blown_up_to_full_colour() -> None:
    noise = np.random.default_rng(1).normal(0, 40, (48, 64)).round().astype(int)
    picture = painted({"difference_ppm": noise.tolist()})
    assert picture[..., 3].max() < 0.2


@pytest.mark.parametrize(
    "quality",
    [
        {},
        {"profile": [], "transfer_light_adu": [], "difference_ppm": None},
        {"profile": [1.0, "x"], "e_per_adu": None, "difference_ppm": [[1, 2], [3]]},
        {"profile": "no", "transfer_light_adu": [1.0], "difference_ppm": [[]]},
        {"e_per_adu": 0.0, "transfer_light_adu": [1.0], "transfer_noise_adu": [1.0]},
    ],
)
def test_what_is_not_known_is_not_drawn(quality: dict[str, object]) -> None:
    assert radial_profile(quality_of(quality)) is None
    assert photon_noise(quality_of(quality)) is None
    assert difference_picture(quality_of(quality)) is None


@given(
    profile=st.lists(st.floats(0, 1.2), min_size=2, max_size=12),
    points=st.lists(st.tuples(st.floats(1, 65535), st.floats(0.1, 5000)), min_size=1, max_size=12),
    gain=st.floats(0.001, 100),
)
def test_any_set_can_be_drawn(
    profile: list[float], points: list[tuple[float, float]], gain: float
) -> None:
    quality = {
        "profile": profile,
        "e_per_adu": gain,
        "transfer_light_adu": [x for x, _ in points],
        "transfer_noise_adu": [y for _, y in points],
    }
    for drawing in (radial_profile(quality_of(quality)), photon_noise(quality_of(quality))):
        assert drawing is not None
        assert not re.search(r"\bnan\b|\binf\b", drawing)
