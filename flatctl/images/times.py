"""When a picture was taken, as far as its file tells."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from flatctl.images.facts import Facts


def began(path: Path, facts: Facts) -> datetime:
    """Return when its exposure began, time zone aware: as the header says, else by the file's time.

    A camera's own clock is taken for UTC: it tells no zone.
    """
    said = facts.text("DATE-OBS", "DATE-LOC")
    if said is not None:
        try:
            found = datetime.fromisoformat(said)
            return found if found.tzinfo else found.replace(tzinfo=UTC)
        except ValueError:
            pass
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return written - timedelta(seconds=facts.exposure_s or 0.0)
