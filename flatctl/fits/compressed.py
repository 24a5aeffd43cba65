"""Frames as tile-compressed FITS files, losslessly: FITS standard 4.0, chapter 10.

Laid out as fpack does it, so that funpack gives back the very bytes of the plain file.
"""

import io
from collections.abc import Iterator, Sequence

import numpy as np

from flatctl.core.pixels.sixteen_bits import STORED, Pixels16, to_stored
from flatctl.fits.cards import make_card
from flatctl.fits.encoding import encode_data, encode_frame
from flatctl.fits.header import Header, read_header

_TILE_ROWS = 16  # a third less time than row by row
# What a reader needs to know of the table, as the library that compresses tells it.
_OF_THE_TABLE = {
    "BITPIX": "Bytes of a table",
    "NAXIS": "Axes of the table",
    "NAXIS1": "[byte] Row of the table",
    "NAXIS2": "Rows of the table: tiles",
    "PCOUNT": "[byte] Compressed tiles",
    "GCOUNT": "One group",
    "TFIELDS": "Columns of the table",
    "TTYPE1": "Compressed tiles",
    "TFORM1": "Where each tile lies",
}
_OF_THE_TILES = {
    "ZTILE1": "[px] Columns of a tile",
    "ZTILE2": "[px] Rows of a tile",
    "ZCMPTYPE": "Way of compression, lossless",
    "ZNAME1": "Parameter",
    "ZVAL1": "[px] Block",
    "ZNAME2": "Parameter",
    "ZVAL2": "[byte] Pixel",
}
# What the image's own cards of these are called beside those of the table.
_RENAMED = {
    "SIMPLE": "ZSIMPLE",
    "BITPIX": "ZBITPIX",
    "EXTEND": "ZEXTEND",
    "BLOCKED": "ZBLOCKED",
    "NAXIS": "ZNAXIS",
    "NAXIS1": "ZNAXIS1",
    "NAXIS2": "ZNAXIS2",
    "PCOUNT": "ZPCOUNT",
    "GCOUNT": "ZGCOUNT",
    "CHECKSUM": "ZHECKSUM",
    "DATASUM": "ZDATASUM",
}


def encode_compressed(pixels: Pixels16, cards: Sequence[str]) -> Sequence[bytes | memoryview]:
    """Return the bytes of a compressed frame, of the pixels and cards of `encode_frame`.

    A few rows are a tile, compressed by Rice's algorithm.
    """
    stored = pixels if pixels.dtype == STORED else to_stored(pixels)
    plain = Header(bytes(encode_frame(stored, cards)[0]))
    table, tiles = _compressed(stored)
    inside = [_renamed(image.decode("ascii")) for image in plain.images()]
    head = [make_card("XTENSION", "BINTABLE", "Table that holds an image")]
    head += [make_card(name, table.values[name], text) for name, text in _OF_THE_TABLE.items()]
    head += [make_card("ZIMAGE", True, "The table is a compressed image")]
    head += [make_card(name, table.values[name], text) for name, text in _OF_THE_TILES.items()]
    return [*encode_data(memoryview(b""), list(_primary())), *encode_data(tiles, [*head, *inside])]


def _primary() -> Iterator[str]:
    yield make_card("SIMPLE", True, "FITS standard 4.0")
    yield make_card("BITPIX", 16, "No pixels here")
    yield make_card("NAXIS", 0, "No axes: the image follows, compressed")
    yield make_card("EXTEND", True, "Extensions follow")


def _renamed(card: str) -> str:
    name = card[:8].rstrip()
    return f"{_RENAMED.get(name, name):8}{card[8:]}"


def _compressed(stored: Pixels16) -> tuple[Header, memoryview]:
    """Return the header of a table as the library writes it, and the table's data."""
    from astropy.io import fits

    # To the library they are signed numbers: that they stand for unsigned ones say the cards.
    native = stored.astype(np.int16)
    image = fits.CompImageHDU(
        native, compression_type="RICE_1", tile_shape=(_TILE_ROWS, native.shape[1])
    )
    written = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(written)
    written.seek(0)
    read_header(written)
    header = read_header(written, first=False)
    start = written.tell()
    data = written.getbuffer()
    return header, data[start : start + header.pixels_length]
