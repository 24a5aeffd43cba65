"""Frames, records and drivers' headers for the tests of storage."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from flatctl.core.statistics import measure
from flatctl.core.types import FrameKind
from flatctl.storage.fits import write_frame
from flatctl.storage.naming import night_of
from flatctl.storage.record import FrameRecord

STARTED = datetime(2026, 11, 22, 17, 15, 30, 123456, tzinfo=UTC)
NIGHT = night_of(STARTED, UTC)


def flat_pixels(rows: int = 24, cols: int = 31, *, level: float = 33000, seed: int = 1):
    noise = np.random.default_rng(seed).normal(level, 150, (rows, cols))
    return np.clip(noise, 0, 65535).astype(np.uint16)


def flat_record(pixels=None, **changes) -> FrameRecord:
    pixels = flat_pixels() if pixels is None else pixels
    facts = {
        "kind": FrameKind.FLAT,
        "rig": "mono-refractor",
        "camera": "CCD Simulator",
        "session": "20261122T171500Z",
        "number": 7,
        "count": 30,
        "started": STARTED,
        "exposure_s": 1.234,
        "statistics": measure(pixels, changes.get("full_scale_adu", 65535)),
        "full_scale_adu": 65535,
        "target_adu": 33000.0,
        "tolerance_adu": 3277.0,
        "filter": "Ha",
        "gain": 100.0,
        "offset": 10.0,
        "panel": "alnitak /dev/ttyUSB0",
        "brightness": 128,
        "brightness_max": 255,
    }
    return FrameRecord(**(facts | changes))


def dark_record(pixels=None, **changes) -> FrameRecord:
    facts = {
        "kind": FrameKind.DARK_FLAT,
        "filter": None,
        "target_adu": None,
        "tolerance_adu": None,
        "brightness": None,
    }
    return flat_record(pixels, **(facts | changes))


def driver_header(*cards: str | bytes) -> bytes:
    images = [card.encode("latin-1") if isinstance(card, str) else card for card in cards]
    return b"".join(image.ljust(80)[:80] for image in images)


def store(directory: Path, pixels=None, header: bytes = b"", **changes) -> Path:
    """Write a frame below `directory` and return its path."""
    pixels = flat_pixels() if pixels is None else pixels
    record = flat_record(pixels, **changes)
    return write_frame(directory, NIGHT, pixels, header, record)
