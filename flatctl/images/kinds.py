"""Which files are images, told by their names: those that are read, and those that never are."""

from pathlib import Path

from flatctl.images.facts import Format

_FITS = (".fits", ".fit", ".fts")
_RAW = (
    *(".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".gpr", ".iiq", ".kdc"),
    *(".mef", ".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl"),
    *(".sr2", ".srf", ".srw", ".x3f"),
)
FITS_SUFFIXES = (*_FITS, ".fz", *(f"{suffix}.gz" for suffix in _FITS))
"""How the names of FITS files end, compressed ones as well."""
_PICTURES = {
    **dict.fromkeys((".bmp", ".heic", ".jpg", ".jpeg", ".png", ".tif", ".tiff"), "picture"),
    **dict.fromkeys((".7z", ".bz2", ".rar", ".zip"), "archive"),
    **dict.fromkeys((".avi", ".mkv", ".mov", ".mp4", ".ser"), "video"),
}
_KINDS = {Format.FITS: "FITS file", Format.XISF: "XISF file", Format.RAW: "raw file"}


def format_by_name(path: Path) -> Format | None:
    """Return the format that a file's name tells, None where it is that of no image we read."""
    name = path.name.lower()
    if name.endswith(FITS_SUFFIXES):
        return Format.FITS
    if name.endswith(".xisf"):
        return Format.XISF
    return Format.RAW if name.endswith(_RAW) else None


def kind_by_name(path: Path) -> str:
    """Return what kind of image a file is, read or not; empty for what is none."""
    found = format_by_name(path)
    return _KINDS[found] if found is not None else foreign_kind(path)


def foreign_kind(path: Path) -> str:
    """Return what kind of picture a file is that is never read; empty for any other file."""
    return _PICTURES.get(path.suffix.lower(), "")
