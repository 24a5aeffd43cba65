"""Where a frame lies and what its file is called.

The tokens are the ones that stackers read out of file names: PixInsight's WBPP takes type, filter,
exposure and binning from `KEY-value` between underscores, which is why no value may hold one.
"""

import math
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path

from flatctl.core.nights.history import SettingKey
from flatctl.core.nights.masters import FrameInfo
from flatctl.core.types import CameraSetup, FrameKind
from flatctl.storage.filters import filter_token
from flatctl.storage.record import FrameRecord

FOLDERS = {FrameKind.FLAT: "FLAT", FrameKind.DARK_FLAT: "DARKFLAT"}
SUFFIX = ".fits"
PACKED_SUFFIX = ".fits.fz"


def local_zone() -> tzinfo:
    """Return the computer's own time zone, by which a night gets its date."""
    return datetime.now().astimezone().tzinfo or UTC


def night_of(when: datetime, zone: tzinfo) -> date:
    """Return the date on which the night of `when` (time zone aware) began in `zone`.

    It is the local date twelve hours earlier, so that one night has one date.
    """
    return (when.astimezone(zone).replace(tzinfo=None) - timedelta(hours=12)).date()


def frame_folder(directory: Path, night: date, kind: FrameKind) -> Path:
    """Return the folder of all frames of one kind and night."""
    return directory / night.isoformat() / FOLDERS[kind]


def frame_name(record: FrameRecord, copy: int = 1, suffix: str = SUFFIX) -> str:
    """Return the file name of a frame, the `copy`-th of frames that would share it.

    A token is left out where its value is not known. The time is the start of the exposure, UTC.
    """
    utc = record.started.astimezone(UTC)
    tokens = [
        FOLDERS[record.kind],
        *_set_tokens(record.key.filter, record.exposure_s, record.key, record.slots),
        *([f"SET-{record.set_number}"] if record.set_number > 1 else []),
        f"{utc:%Y%m%dT%H%M%S}{utc.microsecond // 1000:03d}Z",
        f"{record.number:04d}" + (f"-{copy}" if copy > 1 else ""),
    ]
    return "_".join(tokens) + suffix


def master_name(taken: FrameInfo, copy: int = 1) -> str:
    """Return the file name of the master of a set, of which `taken` is a frame."""
    tokens = [
        f"MASTER{FOLDERS[taken.kind]}",
        *_set_tokens(taken.filter, taken.exposure_s, taken.setup),
        f"{taken.night:%Y%m%d}" + (f"-{copy}" if copy > 1 else ""),
    ]
    return "_".join(tokens) + SUFFIX


def _set_tokens(
    filter_name: str | None,
    exposure_s: float,
    setup: SettingKey | CameraSetup,
    slots: Collection[str] = (),
) -> list[str]:
    # Milliseconds; microseconds where these would say too little.
    exposure = f"{exposure_s:.3f}" if exposure_s >= 0.1 else f"{exposure_s:.6f}"
    tokens = (
        None if filter_name is None else f"FILTER-{filter_token(filter_name, slots)}",
        f"EXPTIME-{exposure}s",
        _number_token("GAIN", setup.gain),
        _number_token("ISOSPEED", setup.iso),
        f"BINNING-{setup.binning}",
    )
    return [token for token in tokens if token is not None]


def _number_token(key: str, value: float | None) -> str | None:
    """Write at most three decimals, never an exponent; a value no camera has is left out."""
    if value is None or not math.isfinite(value) or abs(value) >= 1e9:
        return None
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return f"{key}-{text}"
