"""XISF files as PixInsight and N.I.N.A. write them, byte by byte, by the specification 1.0."""

import hashlib
import zlib
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import quoteattr

import lz4.block
import numpy as np

PACK: dict[str, Callable[[bytes], bytes]] = {
    "zlib": zlib.compress,
    "lz4": lambda data: lz4.block.compress(data, store_size=False),
    "lz4hc": lambda data: lz4.block.compress(data, mode="high_compression", store_size=False),
}
FORMATS = {"u1": "UInt8", "u2": "UInt16", "u4": "UInt32", "f4": "Float32", "f8": "Float64"}


def shuffled(data: bytes, item: int) -> bytes:
    count = len(data) // item
    planes = [data[nth : count * item : item] for nth in range(item)]
    return b"".join(planes) + data[count * item :]


def attributes_of(pixels, storage: str, order: str) -> dict[str, str]:
    planes = pixels.shape[0] if pixels.ndim == 3 else 1
    attributes = {
        "geometry": f"{pixels.shape[-1]}:{pixels.shape[-2]}:{planes}",
        "sampleFormat": FORMATS[pixels.dtype.str[1:]],
        "colorSpace": "RGB" if planes == 3 else "Gray",
    }
    if pixels.dtype.kind == "f":
        attributes["bounds"] = "0:1"
    if storage != "Planar":
        attributes["pixelStorage"] = storage
    if order != "little":
        attributes["byteOrder"] = order
    return attributes


def keywords_xml(keywords) -> str:
    """Return the elements of FITS keywords: of a value as it stands, or with its comment."""
    lines = []
    for name, value in keywords.items():
        value, comment = value if isinstance(value, tuple) else (value, "")
        said = f"value={quoteattr(str(value))} comment={quoteattr(comment)}"
        lines.append(f'<FITSKeyword name="{name}" {said}/>')
    return "".join(lines)


def properties_xml(properties) -> str:
    return "".join(
        f'<Property id="{name}" type="String">{value}</Property>'
        if isinstance(value, str)
        else f'<Property id="{name}" type="Float64" value="{value}"/>'
        for name, value in properties.items()
    )


def xisf_bytes(
    pixels,
    keywords=None,
    *,
    properties=None,
    codec: str = "",
    shuffle: bool = False,
    parts: int = 1,
    storage: str = "Planar",
    order: str = "little",
    checksum: str = "",
    inside: str = "",
    before: str = "",
    **attributes: str,
) -> bytes:
    """Return a whole file: one image of ([planes,] rows, cols), attached behind its header."""
    said = attributes_of(pixels, storage, order)
    arranged = np.moveaxis(pixels, 0, 2) if storage != "Planar" and pixels.ndim == 3 else pixels
    data = arranged.astype(arranged.dtype.newbyteorder(order)).tobytes()
    size, item = len(data), pixels.dtype.itemsize
    if codec:
        whole = shuffled(data, item) if shuffle else data
        step = -(-size // parts)
        cut = [whole[start : start + step] for start in range(0, size, step)]
        packed = [PACK[codec](part) for part in cut]
        data = b"".join(packed)
        said["compression"] = f"{codec}{'+sh' if shuffle else ''}:{size}" + f":{item}" * shuffle
        if parts > 1:
            pairs = zip(packed, cut, strict=True)
            said["subblocks"] = ":".join(f"{len(a)},{len(b)}" for a, b in pairs)
    if checksum:
        said["checksum"] = (
            f"{checksum}:{hashlib.new(checksum.replace('sha-', 'sha'), data).hexdigest()}"
        )
    inner = keywords_xml(keywords or {}) + properties_xml(properties or {}) + inside
    return with_header(data, said | attributes, inner, before)


def with_header(data: bytes, attributes, inner: str = "", before: str = "") -> bytes:
    """Return a file with this block, whose place is written into the header."""
    start = 4096 + len(inner.encode()) + len(before.encode())
    said = {"location": f"attachment:{start}:{len(data)}"} | attributes
    text = " ".join(f"{name}={quoteattr(value)}" for name, value in said.items())
    xml = (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}'
        '<xisf version="1.0" xmlns="http://www.pixinsight.com/xisf">'
        f"<Image {text}>{inner}</Image></xisf>"
    ).encode()
    beginning = b"XISF0100" + len(xml).to_bytes(4, "little") + bytes(4) + xml
    assert len(beginning) <= start
    return beginning.ljust(start, b"\0") + data


def write_xisf(path: Path, pixels, keywords=None, **how) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(xisf_bytes(pixels, keywords, **how))
    return path
