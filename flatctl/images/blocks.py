"""The blocks of data of an XISF file: where they lie, unpacked into no more than they may hold.

Source: XISF 1.0, chapter 10, https://pixinsight.com/xisf/.
"""

import base64
import binascii
import ctypes
import hashlib
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np

from flatctl.errors import line_to_install
from flatctl.fits.header import NotReadable, OtherFormat
from flatctl.images.facts import Missing
from flatctl.images.xisf_header import XisfHeader

_ATTACHED = re.compile(r"attachment:(\d{1,18}):(\d{1,18})")
_COMPRESSION = re.compile(r"(zlib|lz4|lz4hc|zstd)(\+sh)?:(\d{1,18})(?::(\d{1,9}))?")
_SUBBLOCK = re.compile(r"(\d{1,18}),(\d{1,18})")
_CHECKSUM = re.compile(r"(sha-?1|sha-?256|sha-?512|sha3-256|sha3-512):([0-9a-fA-F]+)")
_LZ4_MAX = 0x7E000000  # LZ4_MAX_INPUT_SIZE
_DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "base64": lambda text: base64.b64decode(text, validate=False),
    "hex": lambda text: bytes.fromhex(text.decode("ascii")),
    "base16": lambda text: bytes.fromhex(text.decode("ascii")),
}


@dataclass(frozen=True)
class Block:
    """The stored bytes of an image; `changed` tells that they do not have their checksum.

    `proven` tells that they have it.
    """

    stored: bytes
    compression: str
    subblocks: str
    changed: bool
    proven: bool


def read_block(path: Path, header: XisfHeader) -> Block:
    """Read the block of the first image as it is stored. Raises `NotReadable`."""
    said = {**header.attributes, **header.data_attributes}
    location = header.attributes.get("location", "")
    if attached := _ATTACHED.fullmatch(location):
        stored = _attached(path, header, int(attached[1]), int(attached[2]))
    elif location.startswith("inline:") or location == "embedded":
        encoding = location.partition(":")[2] or header.data_attributes.get("encoding", "")
        stored = _written_out(encoding, "".join(header.inline))
    else:
        raise OtherFormat(f"its pixels lie elsewhere ({location[:60] or 'nobody says where'})")
    matches = _matches(said.get("checksum", ""), stored)
    return Block(
        stored,
        said.get("compression", ""),
        said.get("subblocks", ""),
        changed=matches is False,
        proven=matches is True,
    )


def _attached(path: Path, header: XisfHeader, start: int, length: int) -> bytes:
    check_attachment(header, path.stat().st_size)
    with path.open("rb") as file:
        file.seek(start)
        return file.read(length)


def check_attachment(header: XisfHeader, size: int) -> None:
    """Raise `NotReadable` where the pixels do not lie between the header and the file's end."""
    attached = _ATTACHED.fullmatch(header.attributes.get("location", ""))
    if attached is None:
        return
    start, length = int(attached[1]), int(attached[2])
    if start < header.end:
        raise NotReadable(f"its pixels are said to begin at byte {start}, inside its header")
    if (missing := start + length - size) > 0:
        raise NotReadable(f"it is truncated: its end is missing ({missing} bytes)")


def _written_out(encoding: str, text: str) -> bytes:
    if encoding not in _DECODERS:
        raise OtherFormat(f"its pixels are written out as {encoding[:20]!r}, which is not read")
    try:
        return _DECODERS[encoding](text.encode("ascii", "replace"))
    except (ValueError, binascii.Error):
        raise NotReadable(f"its pixels are no {encoding}: they are damaged") from None


def _matches(said: str, stored: bytes) -> bool | None:
    """Compare a block with its checksum; None where there is none, or of a kind nobody knows."""
    known = _CHECKSUM.fullmatch(said)
    if known is None:
        return None
    name = known[1].replace("sha3-", "sha3_").replace("sha-", "sha")
    return hashlib.new(name, stored).hexdigest() == known[2].lower()


def unpacked(block: Block, size: int) -> bytes:
    """Return the pixels' bytes, which have to be `size`. Raises `NotReadable`, `Missing`."""
    if not block.compression:
        if len(block.stored) != size:
            raise NotReadable(f"its pixels take {size} bytes, and {len(block.stored)} are there")
        return block.stored
    known = _COMPRESSION.fullmatch(block.compression)
    if known is None or known[1] == "zstd":
        raise OtherFormat(
            f"its pixels are compressed by {block.compression[:20]}: save it with "
            "zlib or lz4, or uncompressed"
        )
    if int(known[3]) != size:
        raise NotReadable(f"its pixels take {size} bytes, and {known[3]} are said to be there")
    parts = _parts(block, size)
    unpack = _unpack_zlib if known[1] == "zlib" else _unpack_lz4
    data = b"".join([unpack(stored, length) for stored, length in parts])
    return _unshuffled(data, int(known[4] or 1)) if known[2] else data


def _parts(block: Block, size: int) -> list[tuple[memoryview, int]]:
    """Return what is compressed on its own: the bytes of each and how many come out."""
    stored = memoryview(block.stored)
    if not block.subblocks:
        return [(stored, size)]
    told = block.subblocks.split(":")
    known = [match for text in told if (match := _SUBBLOCK.fullmatch(text))]
    pairs = [(int(match[1]), int(match[2])) for match in known]
    whole = (sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs))
    if len(known) != len(told) or whole != (len(stored), size):
        raise NotReadable("its parts (subblocks) do not make up its pixels")
    parts, start = [], 0
    for length, unpacked_length in pairs:
        parts.append((stored[start : start + length], unpacked_length))
        start += length
    return parts


def _unpack_zlib(stored: memoryview, size: int) -> bytes:
    unpacking = zlib.decompressobj()
    try:
        data = unpacking.decompress(stored, size + 1) if size else b""
    except zlib.error:
        raise NotReadable("its pixels can't be unpacked: they are damaged") from None
    return _checked(data, size)


def _unpack_lz4(stored: memoryview, size: int) -> bytes:
    unpack = _lz4()
    try:
        data = unpack(stored, size)
    except Exception:  # noqa: BLE001 because what damage makes it raise is not told
        raise NotReadable("its pixels can't be unpacked: they are damaged") from None
    return _checked(data, size)


@cache
def _lz4() -> Callable[[memoryview, int], bytes]:
    """Return what unpacks a block of LZ4 into at most so many bytes.

    Of the package lz4, else of the library of it that Debian's own tools need, and so is there.
    """
    try:
        from lz4.block import decompress
    except ImportError:
        try:
            library = ctypes.CDLL("liblz4.so.1")
        except OSError:
            raise Missing(
                f"its pixels are packed with lz4, which is not installed: {line_to_install('lz4')}"
            ) from None
        return partial(_by_library, library)
    return lambda stored, size: bytes(decompress(stored, uncompressed_size=size))


def _by_library(library: ctypes.CDLL, stored: memoryview, size: int) -> bytes:
    if max(len(stored), size) > _LZ4_MAX:
        raise ValueError("more than it can count")
    target = ctypes.create_string_buffer(size + 1)
    count = library.LZ4_decompress_safe(bytes(stored), target, len(stored), size)
    return bytes(memoryview(target)[: max(count, 0)])


def _checked(data: bytes, size: int) -> bytes:
    if len(data) != size:
        raise NotReadable("its pixels can't be unpacked: they are damaged")
    return data


def _unshuffled(data: bytes, item: int) -> bytes:
    """Put the bytes of each item together again; first lie the first bytes of all, then so on."""
    count = len(data) // item
    whole = np.frombuffer(data, np.uint8, count * item).reshape(item, count).T.tobytes()
    return whole + data[count * item :]
