"""FITS files of any program, plain, tile-compressed and gzipped: headers, and pixels."""

import gzip
import math
import os
import warnings
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from numpy.typing import NDArray

from flatctl.core.pixels.channels import stored_pattern
from flatctl.fits.checksum import ones_complement_sum
from flatctl.fits.header import Header, NotReadable, Value, read_header
from flatctl.fits.pixels import any_image, image_shape, planes_first
from flatctl.images.facts import Facts, Format, Image
from flatctl.images.files import ensure_file, ensure_possible

_HDUS_MAX = 20  # an image lies in the first, a compressed one in the second
_UNPACKED_MAX = 1 << 28
_PACKED_MAX_TIMES, _PACKED_MAX_SLACK = 2, 1 << 16  # bytes of noise in tiles, and of their table


def read_facts(path: Path) -> Facts:
    """Read what the header of the first image says. Raises `NotReadable`."""
    return _facts(glance(path))


def read_image(path: Path) -> Image:
    """Read the first image of a file, scaled by BZERO and BSCALE. Raises `NotReadable`."""
    glimpse = glance(path)
    facts = _facts(glimpse)
    with _readable():
        content = _data(path, glimpse)
        said = glimpse.headers[-1].values.get("DATASUM")
        changed = said is not None and str(said).strip() != str(ones_complement_sum(content))
        if not glimpse.is_packed:
            pixels = any_image(glimpse.headers[-1], content)
        elif changed:
            # Damage may well give an image, of wrong pixels.
            raise NotReadable("its data do not have the sum of DATASUM: they are damaged")
        else:
            pixels = _unpacked(path, glimpse)
        pattern = stored_pattern(facts.values, pixels.shape[-2]) if pixels.ndim == 2 else None
        proven = said is not None and not changed
        return Image(pixels, facts, pattern, images=_images(path), changed=changed, proven=proven)


def _facts(glimpse: "Glimpse") -> Facts:
    axes = (glimpse.values.get(f"{glimpse.axis}{n}") for n in range(glimpse.axes, 0, -1))
    shape = tuple(axis for axis in axes if isinstance(axis, int))
    values = {**glimpse.words, **glimpse.values}
    return Facts(Format.FITS, values, image_shape(shape), glimpse.comment, glimpse.unfilled)


def read_rows(path: Path, first: int, last: int) -> NDArray[Any]:
    """Read some rows of a tile-compressed image, or one in a packed file; see `read_image`."""
    glimpse = glance(path)
    if not glimpse.is_packed:
        return read_image(path).pixels[first:last]
    with _readable():
        return _unpacked(path, glimpse, first, last)


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except MemoryError:
        raise NotReadable("its pixels don't fit into the memory") from None
    except NotReadable:
        raise
    except Exception as error:
        # What a damaged file makes a library raise is nothing that anybody could list.
        raise NotReadable(f"its pixels can't be read: {error}") from error


def _data(path: Path, glimpse: "Glimpse") -> bytes:
    """Return the data of the image, with as much of their padding as is there."""
    _check_size(glimpse)
    header = glimpse.headers[-1]
    start = sum(each.length + each.data_length for each in glimpse.headers[:-1]) + header.length
    with opened(path) as file:
        file.seek(start)
        content = file.read(header.data_length)
    if len(content) < (length := header.pixels_length):
        raise NotReadable(f"it is truncated: {len(content)} of {length} bytes of pixels are there")
    return content


def _check_size(glimpse: "Glimpse") -> None:
    """Refuse what no camera makes, before memory is asked for."""
    header = glimpse.headers[-1]
    size_px = math.prod(header.whole(f"{glimpse.axis}{n + 1}") for n in range(glimpse.axes))
    ensure_possible(size_px)
    ensure_possible(header.pixels_length // 8)
    if not glimpse.is_packed:
        return
    plain = size_px * abs(header.whole("ZBITPIX")) // 8
    if header.pixels_length > _PACKED_MAX_TIMES * plain + _PACKED_MAX_SLACK:
        # What is more might be unpacked into more than there is memory.
        raise NotReadable("its compressed pixels take more bytes than plain ones could: damaged")


def _unpacked(
    path: Path, glimpse: "Glimpse", first: int = 0, last: int | None = None
) -> NDArray[Any]:
    """Return the pixels of a tile-compressed image, all of them or some rows."""
    from astropy.io import fits

    # What is odd and readable all the same is no business of who asks for the pixels.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with fits.open(path, memmap=False, lazy_load_hdus=True) as file:
            unit = file[len(glimpse.headers) - 1]
            some = first or last is not None
            pixels = unit.section[..., first:last, :] if some else unit.data
            if pixels is None:
                raise NotReadable("there is no image in it")
            native: NDArray[Any] = pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
            return native if some else planes_first(native)


def _images(path: Path) -> int:
    """Return how many images a file has, as far as it can be read."""
    count = end = 0
    try:
        with opened(path) as file:
            for nth in range(_HDUS_MAX):
                file.seek(end)
                header = read_header(file, first=not nth)
                count += header.values.get("ZIMAGE") is True or _is_image(header)
                end += header.length + header.data_length
                if end > _UNPACKED_MAX and path.suffix.lower() == ".gz":
                    break
    except (NotReadable, OSError, EOFError, zlib.error):
        pass
    return count


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file to read what it holds, unpacked where it is gzipped.

    Raises `NoFile`.
    """
    ensure_file(path)
    with path.open("rb") as file:
        if path.suffix.lower() == ".gz":
            with gzip.open(file) as unpacked:
                yield cast(BinaryIO, unpacked)
        else:
            yield file


def length_of(path: Path, file: BinaryIO) -> int | None:
    """Return the size of what an `opened` file holds, None where it is gzipped."""
    return None if path.suffix.lower() == ".gz" else os.fstat(file.fileno()).st_size


@dataclass(frozen=True)
class Glimpse:
    """What the headers of a file say, up to that of its first image.

    `values` are by keyword; where no value of FITS's kinds stands they are the bare word. Of a
    tile-compressed image they are those of the image inside, not of the table around it.
    `unfilled` files end with their last pixel, not with a whole block.
    """

    values: Mapping[str, Value]
    headers: Sequence[Header]
    unfilled: bool = False

    @property
    def is_packed(self) -> bool:
        """Tell whether the image is tile-compressed."""
        return self.values.get("ZIMAGE") is True

    @property
    def axis(self) -> str:
        """Return what the keywords of the image's axes begin with."""
        return "ZNAXIS" if self.is_packed else "NAXIS"

    @property
    def axes(self) -> int:
        """Return how many axes the image has. Raises `NotReadable`."""
        return self.headers[-1].whole(self.axis)

    @property
    def words(self) -> Mapping[str, str]:
        """Return what stands without quotes where a value should."""
        return {key: word for each in self.headers for key, word in each.words.items()}

    def comment(self, keyword: str) -> str:
        """Return the comment behind the number of a card, empty where there is none."""
        return next((text for each in self.headers if (text := each.comment(keyword))), "")


def glance(path: Path) -> Glimpse:
    """Read the headers of a file up to that of its first image, and no pixels.

    Raises `NotReadable`: no file, empty, no FITS, no image in it, truncated.
    """
    try:
        with opened(path) as file:
            return _image(file, length_of(path, file))
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise NotReadable("it is damaged or truncated: it can't be unpacked") from None
    except (OSError, ValueError) as error:
        if isinstance(error, NotReadable):
            raise
        raise NotReadable(
            f"it can't be read: {getattr(error, 'strerror', None) or error}"
        ) from None


def _image(file: BinaryIO, size: int | None) -> Glimpse:
    """Return what is said up to the first HDU that has an image; `size` of the file where known."""
    values: dict[str, Value] = {}
    headers: list[Header] = []
    end = 0
    for nth in range(_HDUS_MAX):
        header = read_header(file, first=not nth)
        headers.append(header)
        values |= {**header.words, **header.values}
        pixels_end = end + header.length + header.pixels_length
        end += header.length + header.data_length
        if size is not None and pixels_end > size:
            raise NotReadable(f"it is truncated: its end is missing ({pixels_end - size} bytes)")
        if values.get("ZIMAGE") is True:
            values |= {f"NAXIS{n}": header.whole(f"ZNAXIS{n}") for n in (1, 2)}
        if values.get("ZIMAGE") is True or _is_image(header):
            return Glimpse(values, headers, size is not None and size < end)
        if end > _UNPACKED_MAX and size is None:
            break
        file.seek(end)
    raise NotReadable("there is no image in it")


def _is_image(header: Header) -> bool:
    return (
        header.values.get("XTENSION", "IMAGE") == "IMAGE"
        and header.whole("NAXIS") >= 2
        and header.whole("NAXIS1") * header.whole("NAXIS2") > 0
    )
