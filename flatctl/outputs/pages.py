"""Pages of HTML from the templates beside this: what is shown is theirs, how it is written is here.

A template gets records, and writes what they hold by filters: `{{ shot.level|percent }}`. All text
is escaped as it enters a page, and a name that a template gets wrong is an error.
"""

import base64
import os
import re
import sys
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from jinja2 import (
    Environment,
    FileSystemBytecodeCache,
    PackageLoader,
    StrictUndefined,
    TemplateError,
)

from flatctl.errors import StorageError
from flatctl.events import UNKNOWN_TIME
from flatctl.outputs import charts, figures, overlays, quality_charts, sky_charts, talk_lines
from flatctl.outputs.record import taken_at, time_of
from flatctl.outputs.sentences import reasons, run, sky, sky_advice
from flatctl.outputs.twilight import twilight_of

# For those who read templates; in a table of thousands of flats it would be a quarter of the page.
_INDENTATION = re.compile(r"\n[ \n]+")
_WRITERS = (
    *(figures.adu, figures.brightness, figures.clock, figures.duration, figures.kept_together),
    *(figures.percent, figures.plural, figures.seconds, figures.sentence, figures.whole),
    *(figures.words, figures.zone),
    *(reasons.why_words, run.filter_label, run.notes, run.light_words, run.outcome_words),
    *(taken_at, time_of),
    *(charts.levels_of_flats, charts.panel_curve),
    *(charts.search_over_brightness, charts.search_over_exposure),
    *(overlays.circles, overlays.contours, talk_lines.by_reason),
    *(quality_charts.difference_picture, quality_charts.known_spots),
    *(quality_charts.photon_noise, quality_charts.radial_profile),
    *(sky_charts.light_over_sun, sky_charts.plan_and_flats, sky_advice.advice, twilight_of),
    *(run.lit_by, sky.exposures, sky.sun_of, sky.span_words, sky.window_words),
    *(sky.mount_sentence, sky.mount_words),
)


def render(template: str, **values: object) -> str:
    """Return a page.

    A character that UTF-8 can't hold (half a file name in another encoding) becomes `?`.

    Raises:
        StorageError: the template and these values don't fit, as when another version of flatctl
            was installed while this one runs.

    """
    try:
        page = _environment().get_template(template).render(values)
    except TemplateError as error:
        raise StorageError(f"the page can't be made from {template} ({error})") from error
    return _INDENTATION.sub("\n", page).encode("utf-8", "replace").decode("utf-8")


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("flatctl.outputs"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=_compiled(),
    )
    made.filters |= {writer.__name__: writer for writer in (*_WRITERS, data_url, moment)}
    return made


def _compiled() -> FileSystemBytecodeCache | None:
    """Keep compiled templates where Python keeps compiled modules, and if it would."""
    kept = Path(__file__).parent / "__pycache__"
    if sys.dont_write_bytecode or not os.access(kept, os.W_OK):
        return None
    return FileSystemBytecodeCache(str(kept), "%s.template")


def data_url(png: bytes) -> str:
    """Return a picture as an address that holds it."""
    return f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"


def moment(time: datetime | None, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    """Return a moment in local time, UTC beside it; nothing where it is not known."""
    if not time or time == UNKNOWN_TIME:
        return ""
    local = figures.local_time(time, form)
    same = time.astimezone().utcoffset() == timedelta(0)
    return local if same else f"{local} ({time.astimezone(UTC):%H:%M:%S} UTC)"
