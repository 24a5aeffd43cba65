"""Masters on disk: right whatever memory there is, whole, told in the header, never overwritten."""

import shutil
from datetime import timedelta

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st
from storage_builders import NIGHT, STARTED, dark_record, flat_record

from flatctl.core.nights.masters import master_sets
from flatctl.core.pixels.statistics import measure
from flatctl.core.types import FrameKind
from flatctl.errors import StorageError
from flatctl.fits.header import Header
from flatctl.storage import headers
from flatctl.storage.master_file import KEYWORDS
from flatctl.storage.master_frames import find_sources
from flatctl.storage.masters import (
    MasterDark,
    NoLight,
    Subtraction,
    _normalise,
    master_dark,
    master_flat,
    subtraction_for,
)
from flatctl.storage.stacking import MONO, Layer, Stacked, stack
from flatctl.storage.verify import verify_file
from flatctl.storage.writer import write_frame

ROWS, COLS = 26, 34
PLENTY = 500_000_000
DARK_ADU = 1000.0
LIGHT = 1 - 0.3 * np.linspace(-1, 1, COLS)[None, :] ** 2 * np.ones((ROWS, 1))


def taken(folder, count: int, *, level: float = 32000.0, light=LIGHT, rays=(), **facts):
    """Write frames of `light` at `level` above the dark, with cosmic `rays` (frame, row, col)."""
    dark = facts.get("kind") is FrameKind.DARK_FLAT
    rng = np.random.default_rng(count)
    for number in range(count):
        mean = DARK_ADU + (0.0 if dark else level * (1 + 0.01 * number)) * light
        pixels = rng.normal(mean, 10 if dark else 150)
        for frame, row, col in rays:
            pixels[row, col] += 20000 * (frame == number)
        pixels = np.clip(pixels, 0, 65535).astype(np.uint16)
        make = dark_record if dark else flat_record
        median = measure(pixels, 65535).median
        record = make(
            pixels,
            number=number + 1,
            count=count,
            started=STARTED + timedelta(seconds=number),
            **({} if dark else {"target_adu": median, "full_scale_adu": 65535}),
            **{key: value for key, value in facts.items() if key != "kind"},
        )
        write_frame(folder, NIGHT, pixels, Header(), record)


def sources(folder, kind: FrameKind = FrameKind.FLAT):
    return [s for s in find_sources(folder).frames if s.info.kind is kind]


def less(level_adu: float, count: int) -> Subtraction:
    return Subtraction("PEDESTAL", "a pedestal", [level_adu] * count)


@pytest.fixture
def flats(tmp_path):
    taken(tmp_path, 6)
    return sources(tmp_path)


def made(flats, folder, **options) -> fits.PrimaryHDU:
    path, _ = master_flat(flats, less(DARK_ADU, len(flats)), folder, PLENTY, **options)
    with fits.open(path, checksum=True, memmap=False) as file:
        return file[0].copy()


def test_a_master_flat_is_the_light_with_a_mean_of_one(flats, tmp_path):
    master = made(flats, tmp_path)
    assert master.data.dtype == ">f4"
    assert master.data.mean() == pytest.approx(1, abs=1e-6)
    assert master.data == pytest.approx(LIGHT / LIGHT.mean(), abs=5 * 150 / 30000 / np.sqrt(6))


def test_the_light_that_one_stands_for_is_told(flats, tmp_path):
    expected = 32000 * (1 + 0.01 * 2.5) * LIGHT.mean()
    assert made(flats, tmp_path).header["FLATNORM"] == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize("memory_bytes", [1, 5_000, 16_000])
def test_little_memory_makes_the_same_master_of_more_pieces(flats, memory_bytes):
    layers = [Layer(s.path, s.data_start, DARK_ADU, s.medians_adu) for s in flats]
    pieces: list[int] = []
    small = stack(layers, (ROWS, COLS), MONO, memory_bytes, lambda done, _: pieces.append(done))
    whole = stack(layers, (ROWS, COLS), MONO, PLENTY)
    assert np.array_equal(small.pixels, whole.pixels)
    assert (len(pieces) > 1, pieces[-1]) == (True, ROWS)


def test_a_cosmic_ray_leaves_no_trace(tmp_path):
    for name, rays in (("clean", []), ("hit", [(2, 10, 12)])):
        (tmp_path / name).mkdir()
        taken(tmp_path / name, 5, rays=rays)
    clean, hit = (made(sources(tmp_path / n), tmp_path / n) for n in ("clean", "hit"))
    assert hit.data[10, 12] == pytest.approx(clean.data[10, 12], abs=0.01)
    assert hit.header["FLATREJ"] > 0


def test_the_master_dark_of_each_flat_is_taken_from_it(tmp_path):
    taken(tmp_path, 4)
    taken(tmp_path, 5, kind=FrameKind.DARK_FLAT)
    darks = sources(tmp_path, FrameKind.DARK_FLAT)
    path, _ = master_dark(darks, tmp_path, PLENTY)
    flats = sources(tmp_path)
    chosen = subtraction_for(flats, [MasterDark.read(path, darks[0].info)], 500.0)
    assert (chosen.kind, chosen.level_adu) == ("DARKFLAT", pytest.approx(DARK_ADU, abs=2))
    master, _ = master_flat(flats, chosen, tmp_path, PLENTY)
    header = fits.getheader(master)
    assert header["FLATSUB"] == "DARKFLAT"
    assert path.name in str(header["HISTORY"]).replace("\n", "")


def test_without_dark_flats_the_given_pedestal_counts_before_the_headers(tmp_path):
    taken(tmp_path, 3, pedestal_adu=990.0)
    flats = sources(tmp_path)
    assert subtraction_for(flats, [], 500.0).level_adu == 500
    assert subtraction_for(flats, [], None).level_adu == 990


def test_where_nothing_is_known_nothing_is_subtracted_and_that_is_said(flats):
    chosen = subtraction_for(flats, [], None)
    assert (chosen.kind, chosen.level_adu) == ("NONE", 0)
    assert "no matching dark flats" in chosen.words


def test_each_colour_has_a_mean_of_one(tmp_path):
    colours = np.tile([[0.4, 1.0], [1.0, 0.7]], (ROWS // 2, COLS // 2))
    taken(tmp_path, 4, light=LIGHT * colours, bayer="RGGB")
    master = made(sources(tmp_path), tmp_path)
    assert master.data[::2, ::2].mean() == pytest.approx(1, abs=1e-5)
    assert master.data[1::2, 1::2].mean() == pytest.approx(1, abs=1e-5)
    light = {c: master.header[f"FLATNRM{c}"] for c in "RGB"}
    assert light["R"] / light["G"] == pytest.approx(0.4, rel=0.01)
    assert "FLATNORM" not in master.header


def test_a_pixel_without_light_is_one(tmp_path):
    light = LIGHT.copy()
    light[3, 4] = -0.01
    taken(tmp_path, 4, light=light)
    master = made(sources(tmp_path), tmp_path)
    assert (master.data[3, 4], master.header["FLATDEAD"]) == (1, 1)


def test_overscan_is_one_and_has_no_say_in_the_mean(tmp_path):
    light = LIGHT.copy()
    light[:, :3] = 0.0
    taken(tmp_path, 4, light=light)
    master = made(sources(tmp_path), tmp_path)
    assert (master.data[:, :3] == 1).all()
    assert master.data[:, 3:].mean() == pytest.approx(1, abs=1e-4)
    assert master.header["FLATDEAD"] == 3 * LIGHT.shape[0]


def partly_unlit(seed: int, unlit_frac: float, noise_frac: float, level: float, pattern: str):
    """Return an averaged flat before it is normalised, and which of its pixels see no light.

    These lie anywhere, and are noise about nothing of that fraction of the light.
    """
    rng = np.random.default_rng(seed)
    unlit = rng.random(LIGHT.shape) < unlit_frac
    light = np.where(unlit, rng.normal(0, noise_frac, LIGHT.shape), LIGHT)
    return Stacked((level * light).astype(np.float32), {}, dict.fromkeys(pattern, 1.0), 0.0), unlit


seeds = st.integers(0, 2**32 - 1)
levels = st.floats(0.5, 60_000)
patterns = st.sampled_from([MONO, "RGGB"])


@given(seeds, st.floats(0, 0.9), st.floats(0, 1), levels, patterns)
def test_no_pixel_of_a_master_is_poison_whatever_is_unlit(seed, share, noise, level, pattern):
    stacked, _ = partly_unlit(seed, share, noise, level, pattern)
    _normalise(stacked, pattern)
    assert 0.05 < stacked.pixels.min() <= stacked.pixels.max() < 20


@given(seeds, st.floats(0, 0.5), st.floats(0, 0.004), levels, patterns)
def test_what_is_unlit_is_one_and_has_no_say_in_the_mean(seed, share, noise, level, pattern):
    stacked, unlit = partly_unlit(seed, share, noise, level, pattern)
    _, dead_px = _normalise(stacked, pattern)
    assert (stacked.pixels[unlit] == 1).all()
    assert stacked.pixels[~unlit].mean() == pytest.approx(1, abs=1e-4)
    assert dead_px == np.count_nonzero(unlit)


def test_packed_flats_make_the_same_master(tmp_path):
    (tmp_path / "plain").mkdir()
    taken(tmp_path / "plain", 3)
    shutil.copytree(tmp_path / "plain", tmp_path / "packed")
    for path in sorted((tmp_path / "packed").rglob("*.fits")):
        with fits.open(path, disable_image_compression=True) as units:
            packed = fits.CompImageHDU(units[0].data, units[0].header, compression_type="RICE_1")
            packed.writeto(path.with_name(path.name + ".fz"), checksum=True)
        path.unlink()
    plain, packed = (
        made(sources(tmp_path / each), tmp_path / each) for each in ("plain", "packed")
    )
    assert np.array_equal(plain.data, packed.data)


def test_flats_no_brighter_than_the_dark_make_no_master(flats, tmp_path):
    with pytest.raises(NoLight, match="no brighter"):
        master_flat(flats, less(60000.0, len(flats)), tmp_path, PLENTY)


def test_a_single_flat_makes_a_master_whose_noise_is_unknown(tmp_path):
    taken(tmp_path, 1)
    master = made(sources(tmp_path), tmp_path)
    assert (master.header["NCOMBINE"], "FLATNOIS" in master.header) == (1, False)


def test_the_noise_told_is_that_of_the_pixels(tmp_path):
    even = np.ones((ROWS, COLS))
    taken(tmp_path, 8, light=even)
    master = made(sources(tmp_path), tmp_path)
    assert master.header["FLATNOIS"] == pytest.approx(float(master.data.std()), rel=0.1)


def test_a_master_keeps_what_its_frames_share_and_nothing_of_a_single_one(flats, tmp_path):
    header = made(flats, tmp_path).header
    shared = {"IMAGETYP": "Master Flat", "FILTER": "Ha", "GAIN": 100, "XBINNING": 1}
    assert {key: header[key] for key in shared} == shared
    assert {"FLATSES", "FLATNUM", "FLATMED", "FLATFULL", "REQTIME"}.isdisjoint(header)
    assert header["DATE-OBS"] == "2026-11-22T17:15:30.123"


def test_the_names_of_all_frames_are_in_the_history(flats, tmp_path):
    history = str(made(flats, tmp_path).header["HISTORY"]).replace("\n", "")
    assert [s.path.name for s in flats if s.path.name not in history] == []


def test_a_master_passes_verification_and_is_no_frame(flats, tmp_path):
    path, _ = master_flat(flats, less(DARK_ADU, 6), tmp_path, PLENTY)
    verdict = verify_file(path)
    assert (verdict.problems, verdict.ours) == ((), False)
    assert find_sources(tmp_path).frames == flats


def test_a_master_of_the_same_is_not_made_again(flats, tmp_path):
    first, again = (master_flat(flats, less(DARK_ADU, 6), tmp_path, PLENTY) for _ in range(2))
    assert (first[1], again) == (True, (first[0], False))


@pytest.mark.parametrize("change", ["frames", "subtracted", "damaged"])
def test_a_master_of_something_else_stands_beside_the_first(flats, tmp_path, change):
    first, _ = master_flat(flats, less(DARK_ADU, 6), tmp_path, PLENTY)
    if change == "damaged":
        first.write_bytes(first.read_bytes()[:-2880])
    kept = first.read_bytes()
    frames = flats[:5] if change == "frames" else flats
    level_adu = 900.0 if change == "subtracted" else DARK_ADU
    path, is_new = master_flat(frames, less(level_adu, len(frames)), tmp_path, PLENTY)
    assert (path.name, is_new) == (first.name.replace(".fits", "-2.fits"), True)
    assert first.read_bytes() == kept


def test_a_frame_that_shrinks_meanwhile_ends_it_with_its_name(flats, tmp_path):
    flats[2].path.write_bytes(flats[2].path.read_bytes()[:-2880])
    with pytest.raises(StorageError, match=flats[2].path.name):
        master_flat(flats, less(DARK_ADU, 6), tmp_path, PLENTY)


def test_keywords_of_masters_fit_into_a_card():
    names = [keyword.name for keyword in KEYWORDS]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) <= 8


def test_filters_that_transliterate_alike_are_not_averaged(tmp_path):
    for name in ("红", "洪"):
        taken(tmp_path, 2, filter=name)
    found = [source.info for source in sources(tmp_path)]
    assert [len(same) for same in master_sets(found)] == [2, 2]


def test_a_flat_of_an_earlier_flatctl_that_names_no_filter_is_left_out(tmp_path, monkeypatch):
    others = tuple(keyword for keyword in headers.KEYWORDS if keyword.name != "FLATFILT")
    monkeypatch.setattr(headers, "KEYWORDS", others)
    taken(tmp_path, 1, filter="?")
    found = find_sources(tmp_path)
    assert (found.frames, found.damaged) == ([], False)
    assert "stands for any filter" in found.skipped[0][1]
