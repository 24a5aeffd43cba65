"""Print docs/reference/fits.md, made of the table of keywords."""

from collections.abc import Iterable
from typing import Any

from flatctl.fits.header import Value
from flatctl.storage.headers import KEYWORDS, POINTING
from flatctl.storage.keyword import Keyword
from flatctl.storage.master_file import KEYWORDS as MASTER_KEYWORDS

_TYPE_NAMES: dict[type[Value], str] = {str: "text", int: "whole", float: "real", bool: "logical"}

_PAGE = """\
# FITS files

<!-- Made by `python -m flatctl.storage.reference` of the table in flatctl/storage/headers.py. -->

Frames lie in `{{directory}}/{{night}}/FLAT/` and `{{directory}}/{{night}}/DARKFLAT/`, where the
night is the local date twelve hours earlier. A file is called

    FLAT_FILTER-Ha_EXPTIME-1.234s_GAIN-100_BINNING-1_20261122T171530123Z_0007.fits

with the start of the exposure in UTC to the millisecond and the number of the frame in its set. A
token is left out where its value isn't known: `FILTER` without a wheel, `GAIN` where the camera
doesn't say. DSLRs have `ISOSPEED`. In the file name, and only there, a filter's name is reduced to
`[A-Za-z0-9-]`. Where a name is taken already, `-2`, `-3` and so on follow the number; nothing is
ever overwritten.

A file under its final name is complete: it was written under a name that ends in `.part`, put on
the disk, and given its name last. A `.part` file that a power cut left behind can be deleted.

Pixels are 16-bit unsigned (`BITPIX` 16, `BZERO` 32768, `BSCALE` 1), in ADU, rows in the order in
which they came. `CHECKSUM` and `DATASUM` cover header and data; `flatctl verify DIR` checks them.

## Keywords

Every card that the driver sent is kept, except these:

- where the telescope pointed ({pointing}), so that no plate solver believes it;
- what describes the array, which is made anew;
- cards that are broken beyond repair;
- those of the table below, which replace the driver's.

| keyword | type | unit | written | meaning |
|---|---|---|---|---|
{rows}

## Masters

`flatctl master` writes `MASTERFLAT_...` and `MASTERDARKFLAT_...`, named like frames, with the night
for the time:

    MASTERFLAT_FILTER-Ha_EXPTIME-1.234s_GAIN-100_BINNING-1_20261122.fits

Pixels are 32-bit real numbers (`BITPIX` -32): master flats have a mean of 1, master dark flats are
in ADU. Cards that all frames of a master have alike are kept; those of a single frame are left out;
these are the master's own. `HISTORY` names every frame and says what was done with them.

| keyword | type | unit | written | meaning |
|---|---|---|---|---|
{masters}
"""


def reference() -> str:
    """Return the page."""
    return _PAGE.format(
        rows=_rows(KEYWORDS),
        masters=_rows(MASTER_KEYWORDS),
        pointing=", ".join(f"`{name}`" for name in POINTING),
    )


def _rows(keywords: Iterable[Keyword[Any]]) -> str:
    return "\n".join(
        f"| `{k.name}` | {_TYPE_NAMES[k.type]} | {k.unit} | {k.when} | {k.meaning} |"
        for k in keywords
    )


if __name__ == "__main__":
    print(reference(), end="")
