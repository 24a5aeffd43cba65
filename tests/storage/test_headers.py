"""Headers: what of the driver's stays, what is ours, and that nothing makes a file invalid."""

import io
import warnings
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st
from storage_builders import INDI_HEADER, dark_record, driver_header, flat_pixels, flat_record

from flatctl.core.nights.sun import Site
from flatctl.core.pointing.directions import Horizontal
from flatctl.core.types import MODES
from flatctl.fits.encoding import encode_frame
from flatctl.fits.header import Header
from flatctl.storage.headers import KEYWORDS, frame_header
from flatctl.storage.record import FrameRecord, SkyFacts


def read_back(record: FrameRecord, header: bytes = b"", pixels=None) -> fits.Header:
    """Make a file, read it with astropy at its strictest, and return its header."""
    pixels = flat_pixels() if pixels is None else pixels
    parts = encode_frame(pixels, frame_header(record, Header(header), pixels.shape))
    with fits.open(io.BytesIO(b"".join(bytes(part) for part in parts)), checksum=True) as hdus:
        hdus.verify("exception")
        assert np.array_equal(hdus[0].data, pixels)
        return hdus[0].header


def test_a_flat_says_all_that_is_known_of_it() -> None:
    modes = dict.fromkeys(MODES, "High gain")
    header = read_back(flat_record(set_temperature_c=-10.0, **modes))
    expected = {
        "IMAGETYP": "FLAT",
        "FRAME": "Flat",
        "OBJECT": "FLAT",
        "FILTER": "Ha",
        "EXPTIME": 1.234,
        "EXPOSURE": 1.234,
        "REQTIME": 1.234,
        "GAIN": 100,
        "OFFSET": 10,
        **dict.fromkeys(["READOUTM", "CONVGAIN", "LOWNOISE", "FULLWELL", "CAPTFMT"], "High gain"),
        "SET-TEMP": -10.0,
        "XBINNING": 1,
        "YBINNING": 1,
        "DATE-OBS": "2026-11-22T17:15:30.123",
        "DATE-AVG": "2026-11-22T17:15:30.740",
        "DATE-END": "2026-11-22T17:15:31.357",
        "TIMESYS": "UTC",
        "FLATSRC": "PANEL",
        "PANELNAM": "alnitak /dev/ttyUSB0",
        "PANELBRT": 128,
        "PANELMAX": 255,
        "FLATTGT": 33000.0,
        "FLATTOL": 3277.0,
        "FLATMED": float(np.median(flat_pixels())),
        "FLATCLIP": 0.0,
        "FLATRIG": "mono-refractor",
        "FLATSES": "20261122T171500Z",
        "FLATNUM": 7,
        "FLATCNT": 30,
        "ROWORDER": "TOP-DOWN",
        "INSTRUME": "CCD Simulator",
    }
    assert {keyword: header.get(keyword) for keyword in expected} == expected


SKY = SkyFacts(
    sun_alt_deg=-6.5,
    dawn=False,
    rate_adu_s=2150.0,
    sun_distance_deg=98.25,
    moon_alt_deg=-20.0,
    moon_distance_deg=120.0,
    direction=Horizontal(75.0, 61.5),
    tracking=False,
    dithers=4,
)


def test_a_flat_of_the_sky_says_what_sky_that_was() -> None:
    header = read_back(flat_record(sky=SKY, panel=None, brightness=None, brightness_max=None))
    expected = {
        "IMAGETYP": "FLAT",
        "FLATSRC": "SKY",
        "SUNALT": -6.5,
        "SUNDIST": 98.25,
        "MOONALT": -20.0,
        "MOONDIST": 120.0,
        "SKYRATE": 2150.0,
        "SKYDIR": "DUSK",
        "TRACKING": False,
        "DITHERN": 4,
        "CENTALT": 75.0,
        "CENTAZ": 61.5,
    }
    assert {keyword: header.get(keyword) for keyword in expected} == expected
    assert not {"PANELNAM", "PANELBRT", "PANELMAX", "RA", "DEC"} & set(header)


def test_a_sky_without_a_mount_says_only_what_the_clock_knows() -> None:
    header = read_back(flat_record(sky=SkyFacts(sun_alt_deg=-6.5, dawn=True)))
    assert (header["SUNALT"], header["SKYDIR"]) == (-6.5, "DAWN")
    assert not {"SUNDIST", "TRACKING", "DITHERN", "CENTALT", "SKYRATE"} & set(header)


def test_a_flat_of_a_panel_says_nothing_of_a_sky() -> None:
    assert not {"SUNALT", "SKYDIR", "TRACKING", "CENTALT"} & set(read_back(flat_record()))


def test_a_frame_says_where_the_rig_stands_and_which_wheel_it_has() -> None:
    header = read_back(flat_record(wheel="ZWO EFW", site=Site(50.1, -8.7, 110.0)))
    cards = {name: header.get(name) for name in ("FWHEEL", "SITELAT", "SITELONG", "SITEELEV")}
    assert cards == {"FWHEEL": "ZWO EFW", "SITELAT": 50.1, "SITELONG": -8.7, "SITEELEV": 110.0}


def test_the_driver_knows_better_where_the_telescope_stands() -> None:
    sent = driver_header("SITELAT =                 47.5 / [deg] Latitude")
    header = read_back(flat_record(site=Site(50.1, -8.7)), sent)
    assert (header["SITELAT"], header["SITELONG"]) == (47.5, -8.7)


def test_a_dark_flat_is_a_dark_to_every_reader() -> None:
    header = read_back(dark_record())
    found = {key: header.get(key) for key in ("IMAGETYP", "FRAME", "FLATDARK", "PANELBRT")}
    assert found == {"IMAGETYP": "DARK", "FRAME": "Dark", "FLATDARK": True, "PANELBRT": 0}


@pytest.mark.parametrize("keyword", ["FILTER", "FLATTGT", "FLATTOL"])
def test_a_dark_flat_has_neither_filter_nor_target(keyword: str) -> None:
    assert keyword not in read_back(dark_record())


def test_a_flat_is_not_marked_as_a_dark_one() -> None:
    assert "FLATDARK" not in read_back(flat_record())


def test_the_structure_of_the_file_is_16_bit_unsigned() -> None:
    header = read_back(flat_record())
    assert [header[key] for key in ("BITPIX", "BZERO", "BSCALE")] == [16, 32768, 1]


def test_gain_is_a_whole_number_for_readers_that_expect_one() -> None:
    assert isinstance(read_back(flat_record(gain=100.0))["GAIN"], int)


def test_a_broken_gain_keeps_its_fraction() -> None:
    assert read_back(flat_record(gain=1.5))["GAIN"] == 1.5


def test_values_that_are_no_numbers_are_left_out() -> None:
    header = read_back(flat_record(gain=float("nan"), set_temperature_c=float("inf")))
    assert "GAIN" not in header
    assert "SET-TEMP" not in header


def test_local_time_is_that_of_the_observatory() -> None:
    record = flat_record(local_zone=timezone(timedelta(hours=-4)))
    assert read_back(record)["DATE-LOC"] == "2026-11-22T13:15:30.123"


def test_the_modified_julian_date_follows_its_definition() -> None:
    header = read_back(flat_record(started=datetime(2000, 1, 1, 12, tzinfo=UTC)))
    assert header["MJD-OBS"] == 51544.5


def test_a_whole_second_still_has_its_milliseconds() -> None:
    header = read_back(flat_record(started=datetime(2026, 11, 22, 17, tzinfo=UTC)))
    assert header["DATE-OBS"] == "2026-11-22T17:00:00.000"


def test_the_driver_s_cards_stay_in_their_order() -> None:
    sent = driver_header("TELESCOP= 'Refractor'", "XPIXSZ  =  3.76 / um", "HISTORY made by me")
    header = read_back(flat_record(), sent)
    kept = [key for key in header if key in ("TELESCOP", "XPIXSZ", "HISTORY")]
    assert kept == ["TELESCOP", "XPIXSZ", "HISTORY"]
    assert header.comments["XPIXSZ"] == "um"


def test_every_keyword_of_a_real_driver_stays() -> None:
    sent = fits.Header.fromstring(INDI_HEADER.decode())
    assert set(sent) <= set(read_back(flat_record(), INDI_HEADER))


def test_what_a_real_driver_says_of_the_optics_stays_to_the_byte() -> None:
    sent = fits.Header.fromstring(INDI_HEADER.decode())
    header = read_back(flat_record(), INDI_HEADER)
    for keyword in ("TELESCOP", "XPIXSZ", "FOCALLEN", "APTDIA", "SCALE", "CCD-TEMP"):
        assert header.cards[keyword].image == sent.cards[keyword].image


def test_a_string_over_several_cards_stays_whole() -> None:
    sent = driver_header("OBSERVER= 'one &'", "CONTINUE  'two &'", "CONTINUE  'three' / names")
    assert read_back(flat_record(), sent)["OBSERVER"] == "one two three"


def test_repeated_cards_of_the_driver_all_stay() -> None:
    header = read_back(flat_record(), driver_header("NOTE    = 1", "NOTE    = 2"))
    assert [card.value for card in header.cards if card.keyword == "NOTE"] == [1, 2]


@pytest.mark.parametrize("keyword", ["RA", "DEC", "OBJCTRA", "OBJCTDEC"])
def test_where_the_telescope_pointed_is_left_out(keyword: str) -> None:
    assert keyword not in read_back(flat_record(), driver_header(f"{keyword:8}= 12.5 / deg"))


@pytest.mark.parametrize(
    "card",
    [
        "NAXIS   =                    3",
        "NAXIS3  =                    3",
        "BZERO   =                    0",
        "BLANK   =                    0",
        "XTENSION= 'IMAGE   '",
        "GROUPS  =                    T",
        "CHECKSUM= '0123456789abcdef'",
    ],
)
def test_the_driver_s_word_on_the_array_is_not_believed(card: str) -> None:
    assert len(read_back(flat_record(), driver_header(card))) == len(read_back(flat_record()))


def test_ours_replace_the_driver_s() -> None:
    sent = driver_header("IMAGETYP= 'Flat Frame'", "FILTER  = 'Red'", "FILTER  = 'Green'")
    header = read_back(flat_record(), sent)
    assert (header["IMAGETYP"], header.count("IMAGETYP")) == ("FLAT", 1)
    assert (header["FILTER"], header.count("FILTER")) == ("Ha", 1)


@pytest.mark.parametrize(
    ("card", "keyword", "value"),
    [
        ("INSTRUME= 'ZWO ASI2600MM Pro'", "INSTRUME", "ZWO ASI2600MM Pro"),
        ("CCD-TEMP= -9.9", "CCD-TEMP", -9.9),
        ("BAYERPAT= 'GBRG'", "BAYERPAT", "GBRG"),
        ("ROWORDER= 'BOTTOM-UP'", "ROWORDER", "BOTTOM-UP"),
    ],
)
def test_the_driver_knows_better(card: str, keyword: str, value: object) -> None:
    record = flat_record(temperature_c=-10.0, bayer="RGGB")
    assert read_back(record, driver_header(card))[keyword] == value


def test_what_the_driver_did_not_say_is_filled_in() -> None:
    header = read_back(flat_record(temperature_c=-10.0, bayer="RGGB"))
    assert (header["CCD-TEMP"], header["BAYERPAT"]) == (-10.0, "RGGB")


def test_the_exposure_is_the_one_the_driver_reports() -> None:
    header = read_back(flat_record(exposure_s=1.234), driver_header("EXPTIME = 1.25"))
    assert (header["EXPTIME"], header["EXPOSURE"], header["REQTIME"]) == (1.25, 1.25, 1.234)


@pytest.mark.parametrize("reported", ["0", "1234.0", "'1.25'", "T", "-1.234"])
def test_a_report_that_cannot_be_the_exposure_is_not_believed(reported: str) -> None:
    header = read_back(flat_record(exposure_s=1.234), driver_header(f"EXPTIME = {reported}"))
    assert header["EXPTIME"] == 1.234


@pytest.mark.parametrize(
    ("name", "written"), [("H'a/x", "H'a/x"), ("Hα", "Ha"), ("  L", "  L"), ("Ha_5nm", "Ha_5nm")]
)
def test_the_filter_is_called_as_the_wheel_calls_it(name: str, written: str) -> None:
    assert read_back(flat_record(filter=name))["FILTER"] == written


def test_a_repairable_card_is_repaired() -> None:
    assert read_back(flat_record(), driver_header("XPIXSZ= 3.76"))["XPIXSZ"] == 3.76


@pytest.mark.parametrize(
    "card",
    [
        b"\x00\x01\x02",
        b"\xff" * 80,
        b"KEY=",
        b"TEXT    = 'no end",
        b"NUMBER  = 1.2.3",
        b"NUMBER  = nan",
        b"A KEY   = 1",
        b"DEGREES = 12 / 12\xb0C",
        "DEGREES = 12 / 12 °C".encode(),
        b"CONTINUE  'of nothing'",
        b"HIERARCH = = =",
        b"COMMENT \x07\x07",
        b"LONG    = 'a&",
    ],
)
def test_a_broken_card_costs_neither_the_frame_nor_its_neighbours(card: bytes) -> None:
    sent = driver_header("TELESCOP= 'Refractor'", card, "XPIXSZ  = 3.76")
    header = read_back(flat_record(), sent)
    assert (header["TELESCOP"], header["XPIXSZ"]) == ("Refractor", 3.76)


def test_a_sound_card_is_kept_to_the_byte() -> None:
    card = "XPIXSZ  =          3.760000E0 /   Pixel size (um)"
    header = read_back(flat_record(), driver_header(card))
    assert header.cards["XPIXSZ"].image == card.ljust(80)


def test_cards_behind_the_end_are_not_read() -> None:
    assert "LATE" not in read_back(flat_record(), driver_header("END", "LATE    = 1"))


card_like = st.one_of(
    st.binary(max_size=80),
    st.builds(
        lambda key, sign, value, comment: f"{key}{sign}{value} / {comment}".encode("latin-1"),
        st.sampled_from(["KEY     ", "KEY", "HIERARCH A B ", "key     ", "COMMENT ", "FILTER  "])
        | st.text("AZ09-_ az.", max_size=12),
        st.sampled_from(["= ", "=", " = ", "  "]),
        st.sampled_from(["'a''b'", "'", "1E400", "(1, 2)", "T", "", "'x&'", "-.5D+3", "0x1F"])
        | st.text(st.characters(max_codepoint=255), max_size=70),
        st.text(st.characters(max_codepoint=255), max_size=40),
    ),
    st.builds(lambda text: b"CONTINUE  " + text, st.binary(max_size=70)),
)


@given(st.lists(card_like, max_size=8))
def test_no_header_makes_an_invalid_file(cards: list[bytes]) -> None:
    read_back(flat_record(), driver_header(*cards))


@given(st.binary(max_size=700))
def test_no_bytes_make_an_invalid_file(header: bytes) -> None:
    read_back(flat_record(), header)


@given(
    text=st.text(max_size=120),
    gain=st.none() | st.floats(),
    shape=st.sampled_from([(1, 1), (3, 7)]),
)
def test_no_record_makes_an_invalid_file(
    text: str, gain: float | None, shape: tuple[int, int]
) -> None:
    pixels = flat_pixels(*shape)
    record = flat_record(
        pixels, filter=text, rig=text, camera=text, panel=text, readout_mode=text, gain=gain
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        header = read_back(record, pixels=pixels)
    assert all(len(card.image) == 80 for card in header.cards)


def test_no_keyword_is_in_the_table_twice() -> None:
    names = [keyword.name for keyword in KEYWORDS]
    assert len(names) == len(set(names))


def test_keywords_are_no_longer_than_fits_allows() -> None:
    assert max(len(keyword.name) for keyword in KEYWORDS) <= 8
