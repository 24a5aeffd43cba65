"""XISF files: facts and pixels are those that were put in, and no damage gets past."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xisf_builder import with_header, write_xisf, xisf_bytes

from flatctl.fits.header import NotReadable
from flatctl.images import blocks
from flatctl.images.facts import Format, Missing
from flatctl.images.reading import read_facts, read_image

RANDOM = np.random.default_rng(17)


def picture(dtype: str, planes: int = 1):
    shape = (planes, 21, 34) if planes > 1 else (21, 34)
    if dtype.startswith("f"):
        return RANDOM.random(shape).astype(dtype)
    return RANDOM.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


GRAY = picture("u2")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.xisf"


def why(path, content: bytes, read=read_image) -> str:
    path.write_bytes(content)
    with pytest.raises(NotReadable) as error:
        read(path)
    return str(error.value)


@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "f4", "f8"])
@pytest.mark.parametrize("codec", ["", "zlib", "lz4", "lz4hc"])
@pytest.mark.parametrize("shuffle", [False, True])
def test_pixels_are_the_same_however_they_are_stored(path, dtype, codec, shuffle):
    pixels = picture(dtype)
    write_xisf(path, pixels, codec=codec, shuffle=shuffle)
    found = read_image(path).pixels
    assert found.dtype == pixels.dtype
    assert np.array_equal(found, pixels)


@pytest.mark.parametrize("storage", ["Planar", "Normal", "normal"])
@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("planes", [1, 3])
def test_colours_and_bytes_may_lie_in_any_order(path, storage, order, planes):
    pixels = picture("u2", planes)
    write_xisf(path, pixels, storage=storage, order=order, codec="lz4", shuffle=True)
    assert np.array_equal(read_image(path).pixels, pixels)


@pytest.mark.parametrize("codec", ["zlib", "lz4"])
def test_blocks_may_be_compressed_in_parts(path, codec):
    write_xisf(path, GRAY, codec=codec, shuffle=True, parts=3)
    assert np.array_equal(read_image(path).pixels, GRAY)


@pytest.mark.parametrize(
    ("attributes", "encode"),
    [
        ({"location": "inline:base64"}, "base64"),
        ({"location": "inline:hex"}, "hex"),
        ({"location": "embedded"}, "data"),
    ],
)
def test_pixels_may_be_written_out_in_the_header(path, attributes, encode):
    import base64

    text = base64.b64encode(GRAY.tobytes()).decode()
    text = GRAY.tobytes().hex() if encode == "hex" else text
    inner = f'<Data encoding="base64">{text}</Data>' if encode == "data" else text
    said = {"geometry": "34:21:1", "sampleFormat": "UInt16"} | attributes
    path.write_bytes(with_header(b"", said, inner))
    assert np.array_equal(read_image(path).pixels, GRAY)


def test_lz4_is_unpacked_by_the_systems_library_where_the_package_is_absent(path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "lz4.block", None)
    blocks._lz4.cache_clear()
    write_xisf(path, GRAY, codec="lz4hc", shuffle=True)
    assert np.array_equal(read_image(path).pixels, GRAY)
    blocks._lz4.cache_clear()


def test_without_either_the_line_to_install_it_is_told(path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "lz4.block", None)
    monkeypatch.setattr("ctypes.CDLL", lambda name: (_ for _ in ()).throw(OSError(name)))
    blocks._lz4.cache_clear()
    write_xisf(path, GRAY, codec="lz4")
    with pytest.raises(Missing, match="pip install lz4"):
        read_image(path)
    blocks._lz4.cache_clear()


QUOTED = {"IMAGETYP": "'Light Frame'", "FILTER": "'O''III'", "EXPTIME": ("0.025", "seconds")}
BARE = {"IMAGETYP": "Light Frame", "FILTER": "O'III", "EXPTIME": "2.5E-2"}


@pytest.mark.parametrize("keywords", [QUOTED, BARE])
def test_fits_keywords_are_read_with_quotes_and_without(path, keywords):
    write_xisf(path, GRAY, {**keywords, "GAIN": "100", "XBINNING": "2", "SIMPLE": "T"})
    facts = read_facts(path)
    assert (facts.format, facts.shape, facts.filter) == (Format.XISF, (21, 34), "O'III")
    assert (facts.exposure_s, facts.gain) == (0.025, 100)
    assert facts.values["IMAGETYP"] == "Light Frame"
    assert facts.values["SIMPLE"] is True


def test_comments_are_kept(path):
    write_xisf(path, GRAY, {"GAIN": ("0.25", "e-/ADU")})
    assert read_facts(path).comment("GAIN") == "e-/ADU"
    assert read_facts(path).comment("OFFSET") == ""


PROPERTIES = {
    "Instrument:Filter:Name": "Ha & more".replace("&", "&amp;"),
    "Instrument:ExposureTime": 12.5,
    "Instrument:Camera:ISOSpeed": 800,
    "Instrument:Camera:XBinning": 2,
    "Instrument:Sensor:TargetTemperature": -10.0,
    "Instrument:Camera:Gain": 0.25,
    "Instrument:Camera:Name": "Camera 7",
}


def test_properties_are_read_where_no_keyword_says_it(path):
    write_xisf(path, GRAY, {"EXPTIME": "13"}, properties=PROPERTIES, imageType="Light")
    facts = read_facts(path)
    assert (facts.filter, facts.exposure_s, facts.iso) == ("Ha & more", 13, 800)
    assert (facts.camera, facts.values["XBINNING"], facts.values["SET-TEMP"]) == (
        "Camera 7",
        2,
        -10,
    )
    # In electrons per ADU, which is no setting of a camera.
    assert (facts.gain, facts.values["EGAIN"]) == (None, 0.25)
    assert facts.values["IMAGETYP"] == "Light"


def test_of_a_repeated_keyword_the_first_counts(path):
    inside = '<FITSKeyword name="FILTER" value="second" comment=""/>'
    write_xisf(path, GRAY, {"FILTER": "first"}, inside=inside)
    assert read_facts(path).filter == "first"


@pytest.mark.parametrize(
    ("inside", "keywords", "pattern"),
    [
        ('<ColorFilterArray pattern="GRBG" width="2" height="2"/>', {}, "GRBG"),
        ("", {"BAYERPAT": "'BGGR'"}, "BGGR"),
        ('<ColorFilterArray pattern="RGGB" width="2" height="2"/>', {"BAYERPAT": "BGGR"}, "RGGB"),
        ('<ColorFilterArray pattern="RGGB" width="4" height="1"/>', {}, None),
        ('<ColorFilterArray pattern="CMYG" width="2" height="2"/>', {}, None),
        ("", {}, None),
    ],
)
def test_the_colours_of_the_sensor_are_told(path, inside, keywords, pattern):
    write_xisf(path, GRAY, keywords, inside=inside)
    assert read_image(path).pattern == pattern


@pytest.mark.parametrize(
    ("scale", "bounds", "full"), [(1, "0:1", 1), (65535, "0:65535", 65535), (60000, "0:1", None)]
)
def test_real_pixels_are_full_at_their_upper_bound_unless_they_exceed_it(path, scale, bounds, full):
    write_xisf(path, (picture("f4") * scale).astype("f4"), bounds=bounds)
    assert read_image(path).full_scale_adu == full


@pytest.mark.parametrize("checksum", ["sha-1", "sha-256", "sha-512"])
def test_damaged_pixels_are_found_by_their_checksum(path, checksum):
    content = bytearray(xisf_bytes(GRAY, checksum=checksum))
    path.write_bytes(content)
    assert not read_image(path).changed
    content[-5] ^= 1
    path.write_bytes(content)
    assert read_image(path).changed
    packed = bytearray(xisf_bytes(GRAY, checksum=checksum, codec="lz4"))
    packed[-5] ^= 1
    assert "do not have their checksum" in why(path, packed)


def test_of_several_images_the_first_is_read_and_the_others_are_counted(path):
    content = xisf_bytes(GRAY, {"FILTER": "first"})
    second = b'<Image geometry="1:1:1"><FITSKeyword name="GAIN" value="1"/></Image></xisf>'
    old = content.index(b"</xisf>")
    xml = content[16:old] + second
    content = (
        content[:8] + len(xml).to_bytes(4, "little") + bytes(4) + xml + content[16 + len(xml) :]
    )
    path.write_bytes(content)
    image = read_image(path)
    assert (image.images, image.facts.filter, image.facts.gain) == (2, "first", None)


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
SAID = {"geometry": "34:21:1", "sampleFormat": "UInt16"}
BYTES = GRAY.nbytes


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"SIMPLE  =", "it is not an XISF file"),
        (xisf_bytes(GRAY)[:200], "its header has no end"),
        (b"XISF0100\xff\xff\xff\xff" + bytes(999), "4295 MB, which makes no sense"),
        (xisf_bytes(GRAY).replace(b"</Image>", b"</Imago>"), "its header is damaged"),
        (xisf_bytes(GRAY, before=BOMB), "a document type"),
        (xisf_bytes(GRAY, before=OUTSIDE), "a document type"),
        (xisf_bytes(GRAY, inside="<a>" * 200 + "</a>" * 200), "nested deeper"),
        (xisf_bytes(GRAY)[:-7], "its end is missing (7 bytes)"),
        (with_header(b"", SAID | {"location": "attachment:5:1428"}), "inside its header"),
        (
            with_header(b"", SAID | {"location": "url(http://x/y)"}),
            "lie elsewhere (url(http://x/y)",
        ),
        (with_header(b"", SAID | {"location": "path(b.xisb):1"}), "lie elsewhere"),
        (with_header(bytes(9), SAID), "its pixels take 1428 bytes, and 9 are there"),
        (with_header(b"", {**SAID, "geometry": "99999:99999:3"}), "29999 megapixels"),
        (with_header(b"", {**SAID, "geometry": "34:0:1"}), "makes no sense"),
        (with_header(b"", {**SAID, "geometry": "34:21"}), "not columns, rows and colours"),
        (with_header(b"", {**SAID, "geometry": "-4:21:1"}), "makes no sense"),
        (with_header(b"", {"geometry": "34:21:1", "sampleFormat": "Complex32"}), "Complex32"),
        (with_header(bytes(9), {**SAID, "compression": "zstd:1428"}), "compressed by zstd"),
        (with_header(bytes(9), {**SAID, "compression": "zlib:9"}), "and 9 are said to be there"),
        (with_header(bytes(9), {**SAID, "compression": "zlib:1428"}), "they are damaged"),
        (with_header(bytes(9), {**SAID, "compression": "lz4:1428"}), "they are damaged"),
        (
            with_header(bytes(9), {**SAID, "compression": "lz4:1428", "subblocks": "5,700:4,700"}),
            "do not make up",
        ),
    ],
)
def test_what_is_wrong_is_told(path, content, reason):
    assert reason in why(path, content)


@pytest.mark.parametrize("codec", ["zlib", "lz4"])
def test_a_block_that_unpacks_to_more_than_the_pixels_is_refused(path, codec):
    larger = np.zeros((2100, 3400), np.uint16)
    content = xisf_bytes(larger, codec=codec).replace(b"3400:2100:1", b"34:21:1    ".rstrip())
    content = re.sub(rb":14280000", b":1428", content)
    shortened = len(xisf_bytes(larger, codec=codec)) - len(content)
    where = content.index(b"</xisf>") + 7
    content = content[:where] + bytes(shortened) + content[where:]
    xml = where - 16
    content = content[:8] + xml.to_bytes(4, "little") + content[12:]
    assert "they are damaged" in why(path, content)


def test_facts_are_read_without_pixels(path):
    """Where the pixels should be there is a hole in the file, larger than any memory."""
    said = {"geometry": "20000:20000:1", "sampleFormat": "UInt16"}
    start, size = 8192, 2 * 20000 * 20000
    content = with_header(b"", said | {"location": f"attachment:{start}:{size}"})
    with path.open("wb") as file:
        file.write(content)
        file.truncate(start + size)
    assert read_facts(path).shape == (20000, 20000)


@settings(max_examples=100)
@given(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=64), st.booleans())
def test_any_damage_gets_an_answer(tmp_path_factory, place, patch, packed):
    content = xisf_bytes(GRAY, QUOTED, codec="lz4" if packed else "", shuffle=packed)
    content = re.sub(rb"\0{100,}", b"\0" * 8, content) if not packed else content
    start = int(place * len(content))
    path = tmp_path_factory.mktemp("damage") / "a.xisf"
    path.write_bytes((content[:start] + patch + content[start + len(patch) :])[: len(content)])
    try:
        image = read_image(path)
    except NotReadable:
        return
    assert image.pixels.size > 0
