"""One frame as `flatctl test` shows it."""

import io

import numpy as np
from PIL import Image

from flatctl.core.band import Band
from flatctl.core.pixels.histogram import histogram
from flatctl.core.pixels.statistics import measure
from flatctl.outputs.picture import picture
from flatctl.outputs.tables.look import LookListing


def listing(level: float) -> LookListing:
    pixels = np.random.default_rng(1).normal(level, 100, (60, 80)).clip(0, 65535).astype(np.uint16)
    found = measure(pixels, 65535)
    return LookListing(
        filter="Ha",
        brightness=40,
        exposure_s=2.0,
        learned=True,
        level_adu=found.median,
        clipped_frac=found.full_frac,
        black_frac=0.0,
        band=Band.of(0.51, 0.05, 65535),
        whole=found,
        colours={},
        counts=histogram(pixels),
    )


def test_it_says_the_level_and_what_comes_of_it():
    first, *_ = listing(33400).lines()
    assert first.startswith("Ha: step 40, 2.00 s (the setting learned) -> 33 ")
    assert first.endswith("in the band: a flat")
    assert next(listing(9000).lines()).endswith("too dim for a flat")


def test_the_histogram_has_its_bar_where_the_light_is():
    _, bars = listing(33400).tables()
    (row,) = [row for row in bars.rows if row[2]]
    assert row[:2] == ["50-55 % wanted", "100.00 %"]
    assert len(row[2]) == 50


def test_a_picture_is_a_png_of_a_handy_size():
    pixels = np.tile(np.arange(3000, dtype=np.uint16), (2000, 1))
    shown = Image.open(io.BytesIO(picture(pixels, whole_cells=True)))
    assert shown.format == "PNG"
    assert max(shown.size) <= 1200
    assert shown.getpixel((0, 0)) < shown.getpixel((shown.size[0] - 1, 0))
