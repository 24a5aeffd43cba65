"""The header of an XISF file: XML before all pixels, of which only what is needed is taken in.

Source: XISF 1.0, https://pixinsight.com/xisf/. Nothing of it is believed: its length is bounded,
and there is no document type, hence no entity that could grow.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from xml.parsers import expat

from flatctl.fits.header import NotReadable, OtherFormat, Value, parse_value

SIGNATURE = b"XISF0100"
_BEGINNING = 16  # signature, length of the header, four bytes reserved
_HEADER_MAX = 1 << 25
_DEPTH_MAX = 100
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([DEde][+-]?\d+)?|[TF]")
# What the properties of XISF are called in FITS (11.5.3 of the specification). Its gain is in
# electrons per data number.
_PROPERTIES = {
    "Instrument:Camera:Gain": "EGAIN",
    "Instrument:Camera:ISOSpeed": "ISOSPEED",
    "Instrument:Camera:Name": "INSTRUME",
    "Instrument:Camera:XBinning": "XBINNING",
    "Instrument:Camera:YBinning": "YBINNING",
    "Instrument:ExposureTime": "EXPTIME",
    "Instrument:Filter:Name": "FILTER",
    "Instrument:Sensor:TargetTemperature": "SET-TEMP",
    "Instrument:Sensor:Temperature": "CCD-TEMP",
    "Observation:Object:Name": "OBJECT",
}


@dataclass
class XisfHeader:
    """What the header says of the first image; `images` is how many there are.

    `attributes` are those of its element, `values` and `comments` by FITS keyword: those of the
    FITS keywords in it, else of properties. `cfa` is the pattern of its colour filter array,
    with its width and height. `inline` is the text where the pixels are written out in the header,
    `data_attributes` those of an element of their own for it. The header ends at byte `end`.
    """

    attributes: Mapping[str, str] = field(default_factory=dict)
    keywords: dict[str, Value] = field(default_factory=dict)
    properties: dict[str, Value] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)
    cfa: tuple[str, str, str] | None = None
    inline: list[str] = field(default_factory=list)
    data_attributes: Mapping[str, str] = field(default_factory=dict)
    images: int = 0
    end: int = 0

    @property
    def values(self) -> dict[str, Value]:
        """The values by FITS keyword."""
        kind = self.attributes.get("imageType")
        return {**({"IMAGETYP": kind} if kind else {}), **self.properties, **self.keywords}


def read_header(path: Path) -> XisfHeader:
    """Read the header of a file, and no pixels. Raises `NotReadable`."""
    with path.open("rb") as file:
        return parse(_text(file))


def _text(file: BinaryIO) -> bytes:
    beginning = file.read(_BEGINNING)
    if not beginning.startswith(SIGNATURE):
        raise NotReadable("it is not an XISF file" if beginning else "it is empty")
    length = int.from_bytes(beginning[8:12], "little")
    if length > _HEADER_MAX:
        raise NotReadable(f"its header is said to have {length / 1e6:.0f} MB, which makes no sense")
    text = file.read(length)
    if len(text) < length:
        raise NotReadable("it is truncated: its header has no end")
    return text


def parse(text: bytes) -> XisfHeader:
    """Take in a header of XML. Raises `NotReadable`."""
    reading = _Reading()
    try:
        # Some writers fill it up with blanks, others with zeros.
        reading.parser.Parse(text.rstrip(b"\0"), True)
    except expat.ExpatError as error:
        raise NotReadable(f"its header is damaged: {error}") from None
    if not reading.header.images:
        raise NotReadable("there is no image in it")
    reading.header.end = _BEGINNING + len(text)
    return reading.header


class _Reading:
    """One pass over the elements of a header."""

    def __init__(self) -> None:
        self.header = XisfHeader()
        self._path: list[str] = []
        self._property = ""
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._hear
        self.parser.StartDoctypeDeclHandler = _refuse

    def _begin(self, qualified: str, attributes: dict[str, str]) -> None:
        self._path.append(qualified.rpartition(" ")[2])
        if len(self._path) > _DEPTH_MAX:
            raise NotReadable("its header is nested deeper than any program's")
        if self._path == ["xisf", "Image"]:
            self.header.images += 1
        if self.header.images != 1:
            return
        match self._path[2:]:
            case [] if len(self._path) == 2 and self._path[1] == "Image":
                self.header.attributes = attributes
            case ["FITSKeyword"]:
                self._keyword(attributes)
            case ["Property"]:
                self._property = _PROPERTIES.get(attributes.get("id", ""), "")
                self._tell(attributes.get("value", ""))
            case ["ColorFilterArray"]:
                said = (attributes.get(key, "") for key in ("pattern", "width", "height"))
                self.header.cfa = (next(said), next(said), next(said))
            case ["Data"]:
                self.header.data_attributes = attributes

    def _keyword(self, attributes: dict[str, str]) -> None:
        name = attributes.get("name", "").strip().upper()
        value = _value(attributes.get("value", ""))
        if name and value is not None and name not in self.header.keywords:
            self.header.keywords[name] = value
            self.header.comments[name] = attributes.get("comment", "")

    def _tell(self, text: str) -> None:
        """Take the value of the property that is read now, an attribute or text inside it."""
        if self._property and (value := _value(text)) is not None:
            self.header.properties[self._property] = value

    def _hear(self, text: str) -> None:
        if self.header.images == 1:
            match self._path[1:]:
                case ["Image", "Property"]:
                    self._tell(text)
                case ["Image"] | ["Image", "Data"] if not text.isspace():
                    self.header.inline.append(text)

    def _end(self, _: str) -> None:
        self._path.pop()
        self._property = ""


def _refuse(*_: object) -> None:
    raise NotReadable("its header has a document type, as no XISF file has")


def _value(text: str) -> Value | None:
    """Return the value of an attribute; there are programs that leave the quotes of a text out."""
    text = text.strip()
    if text.startswith("'") or _NUMBER.fullmatch(text):
        return parse_value(text)
    return text or None


def geometry(header: XisfHeader) -> tuple[int, int, int]:
    """Return columns, rows and planes. Raises `NotReadable`, `OtherFormat`."""
    said = header.attributes.get("geometry", "")
    if not re.fullmatch(r"\d{1,9}(:\d{1,9})*", said):
        raise NotReadable(f"its geometry is {said[:40]!r}, which makes no sense")
    sides = [int(side) for side in said.split(":")]
    if len(sides) != 3:
        raise OtherFormat(f"its geometry is {said[:40]}, not columns, rows and colours")
    if 0 in sides:
        raise NotReadable(f"a size of {said} makes no sense")
    cols, rows, planes = sides
    return cols, rows, planes
