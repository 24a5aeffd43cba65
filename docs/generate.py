"""Write the pages and files that are made from the code, or say which of them are stale.

python docs/generate.py           writes them
python docs/generate.py --check   changes nothing, exits with 1 where one is not as the code has it
"""

import json
import runpy
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_type_hints

import typer.main
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from flatctl.cli import program
from flatctl.core.types import Outcome, Statistics
from flatctl.devices.catalog import PANELS
from flatctl.errors import STOP_SIGNALS, ExitCode
from flatctl.events import KINDS, Waiting
from flatctl.fits.header import Value
from flatctl.settings.flats import Brightnesses, Exposures
from flatctl.settings.meanings import describe
from flatctl.settings.messages.allowed import allowed
from flatctl.settings.models import Settings
from flatctl.settings.schema import schema
from flatctl.storage.headers import KEYWORDS, POINTING
from flatctl.storage.keyword import Keyword
from flatctl.storage.master_file import KEYWORDS as MASTER_KEYWORDS

ROOT = Path(__file__).resolve().parent.parent
MADE = "<!-- Made from the code by docs/generate.py; don't edit. -->\n"

CONFIG = """\
# Configuration

{made}
A [TOML](https://toml.io) file. Only `camera.device` and the table `[panel]` are required,
or `[sky]` in its place.
[config/example.toml](../../config/example.toml) has every table, with comments, and
`config/flatctl.schema.json` makes editors complete and check the keys.

Unknown keys are errors. Everything that is wrong with a file is reported at once, a line each.

A variable `FLATCTL_SECTION__KEY` overrides a key: `FLATCTL_CAMERA__GAIN=120`,
`FLATCTL_FLATS__EXPOSURE_S__MAX=60`, `FLATCTL_FILTERS__Ha__COUNT=5`. Its value is read as TOML, or
else as a text.
{tables}"""

FITS = """\
# FITS files

{made}
Frames lie in `{{directory}}/{{night}}/FLAT/` and `{{directory}}/{{night}}/DARKFLAT/`, where the
night is the local date twelve hours earlier. A file is called

    FLAT_FILTER-Ha_EXPTIME-1.234s_GAIN-100_BINNING-1_20261122T171530123Z_0007.fits

with the start of the exposure in UTC to the millisecond and the number of the frame in its set. A
token is left out where its value isn't known: `FILTER` without a wheel, `GAIN` where the camera
doesn't say. DSLRs have `ISOSPEED`. In the file name, and only there, a filter's name is reduced to
`[A-Za-z0-9-]`. A set that is begun anew beside flats of the same filter and setup in one night, as
`--no-resume` does, has `SET-2` before the time, the next `SET-3`; `FLATSET` in the header tells
which set a flat is of. Where a name is taken already, `-2`, `-3` and so on follow the number;
nothing is ever overwritten.

A file under its final name is complete: it was written under a name that ends in `.part`, put on
the disk, and given its name last. A `.part` file that a power cut left behind can be deleted.

Pixels are 16-bit unsigned (`BITPIX` 16, `BZERO` 32768, `BSCALE` 1), in ADU, rows in the order in
which they came. `CHECKSUM` and `DATASUM` cover header and data; `flatctl verify DIR` checks them.

## Keywords

Every card that the driver sent is kept, except these:

- where the telescope pointed ({pointing}), so that no plate solver believes it;
- what describes the array, which is written again;
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

COMMANDS = """\
# Commands

{made}
stdout carries results, stderr talk. Progress is drawn only on a terminal, and without colours where
`NO_COLOR` is set. Which [clock](glossary.md#clocks) a time goes by is the same in all of them. How
a command ends: [exit codes](exit-codes.md).

```text
{program}
```
{commands}"""

EXIT_CODES = """\
# Exit codes

{made}
| code | meaning |
|---|---|
{rows}

In every case but 8 the light is off. 8 stands for all the others, a signal included: the panel
could not be reached, not even once, or does not obey, so that the light may be on. The last line
on stderr, the end table, `run.json`, `report.html` and a message that nothing mutes say so, and
what else happened. Switch the light off by hand, then `flatctl safe`.

| the light is | word in `run.json` | |
|---|---|---|
| off | `off` | the panel was asked after the command, and says so |
| told to be off | `commanded_off` | the panel took the command and can't be asked: counts as off |
| on | `on` | the panel says so: 8 |
| unknown | `unknown` | nobody answers, or what is said contradicts itself: 8 |

A light that only a person can switch (`kind = "manual"`) is not flatctl's to know: a run ends with
the code of its flats and says that it is to be switched off by hand; only `flatctl safe` ends with
8. A panel that another `flatctl` drives is not touched (4): that one puts it out.

A signal that is ignored when the program starts stays ignored: `nohup flatctl run` outlives its
terminal. SIGKILL and SIGABRT (systemd's watchdog) leave the panel as it is: run `flatctl safe`, as
the systemd unit does. Ctrl-Z stops the program with the light as it is, on if it was on, until it
goes on with `fg`.
A message on stderr says what happened, where, and what to do. `--debug` or `FLATCTL_DEBUG=1` adds
where in the program an error came from.
"""

EVENTS = """\
# Events

{made}
`flatctl run --json` prints one JSON object per line on stdout; `run.json` holds the same, but for
`waiting` and `exposing`.
Names and keys never change, but new ones may come: skip what you don't know. Every event has
`event` and `time` (UTC, ISO 8601, ends in `Z`). Brightness is in the panel's own steps, levels are
fractions of full scale; a figure that is not a number is `null`.

| outcome of a filter | meaning |
|---|---|
{outcomes}
{events}"""

PANELS_PAGE = """\
# Panels

{made}
Each kind goes into `[panel] kind` of the configuration; [its keys](config.md#panel) are listed
there. `flatctl devices --panels` prints this table.

| kind | what it drives | tried on | status |
|---|---|---|---|
{rows}

**Tried on**: what the driver has met. `simulator, never hardware` means a byte-exact simulation of
the panel, made after its maker's description or after other programs' drivers, and never yet the
panel itself. If you have one,
[try it](../how-to/add-a-panel.md#try-a-driver-on-real-hardware) and tell us.

**Status**: `read back` kinds are asked after every command how light and brightness really stand.
The others can't be asked; flatctl knows at most that its commands were acknowledged, and says
"unconfirmed".
"""

SURVIVED = """\
# What is survived

{made}
Things break at night. This is what was broken on purpose, in which phase of a run, and how the
run ends. Each row is a test. In all of them no spoilt frame is left on disk, no finished one is
lost, and the lamp is off at the end (or, where nothing reaches the panel any more, after `flatctl
safe`). The next `flatctl run` completes what is missing.

## On the simulated rig, in virtual time

{simulated}

## With real processes, sockets and disks

What only real things can show, each in the phase where it bites; what a run makes of a fault in the
other phases is the table above.

{real}

## Over Alpaca

Camera and wheel on one server, the panel on another, with real sockets.

{alpaca}

Beyond these rows, nights of five filters with thirty flats each pass through random faults, each
night from its own seed: `make soak` lets two hundred pass in virtual time, `make soak-for-real`
five with real processes and sockets.

What is survived is reported by a [`fault`](events.md#fault) event. For each filter three faults are
forgiven; a device that is away is looked for during half a minute, a silent one for three minutes.
A serial panel's answer that is lost or garbled is asked for three times before that is a fault.
A frame that does not come is given up after its exposure and `camera.readout_timeout_s`.
A frame that came and can't be that of the exposure (it came too early, it is the same picture as an
earlier one, or its `DATE-OBS` is that of another) is refused, and the right one is waited for.
"""

ENDINGS = {
    ExitCode.COMPLETE: "Everything asked for is on disk",
    ExitCode.INTERNAL: "Internal error: a bug, or something nobody foresaw; please report it",
    ExitCode.USAGE: "The command line asks for something that makes no sense",
    ExitCode.CONFIG: "The configuration has to be corrected: the message names file, key and value",
    ExitCode.DEVICE: "A device can't be reached or failed",
    ExitCode.INCOMPLETE: "At least one filter is incomplete, the rest is done",
    ExitCode.UNSAFE: "It is unsafe to go on, or the time is over",
    ExitCode.STORAGE: "A file could not be written or read: disk full, no permission, no folder",
    ExitCode.LIGHT_UNKNOWN: "The light is not known to be off, whatever else happened",
}

STOPS = {
    signal.SIGHUP: "Stopped by SIGHUP: the terminal was closed",
    signal.SIGINT: "Stopped by SIGINT: Ctrl-C",
    signal.SIGQUIT: "Stopped by SIGQUIT: Ctrl-\\",
    signal.SIGUSR1: "Stopped by SIGUSR1",
    signal.SIGUSR2: "Stopped by SIGUSR2",
    signal.SIGALRM: "Stopped by SIGALRM",
    signal.SIGTERM: "Stopped by SIGTERM: `kill`, systemd",
    signal.SIGXCPU: "Stopped by SIGXCPU: the limit of processor time (`ulimit -t`) is used up",
    signal.SIGVTALRM: "Stopped by SIGVTALRM",
    signal.SIGPWR: "Stopped by SIGPWR: the power fails",
}

OUTCOMES = {
    Outcome.COMPLETE: "all flats are on disk",
    Outcome.TOO_DIM: "too dim at the highest brightness and the longest exposure",
    Outcome.TOO_BRIGHT: "too bright at the lowest brightness and the shortest exposure",
    Outcome.TOO_COARSE: "the steps of brightness and exposure skip the accepted band",
    Outcome.UNSTABLE: "repeated exposures disagree, or the light does not respond",
    Outcome.OUT_OF_TIME: "the Sun left its range before all flats of the sky were taken",
    Outcome.DEVICE: "a device failed",
    Outcome.STOPPED: "the run was stopped before or while it was this filter's turn",
}

# Where a key means something else than in other events.
MEANINGS_OF = {
    ("run_started", "light"): "what lights the flats: `panel` or `sky`",
    ("panel_curve", "brightness"): "brightness of the panel, in its steps",
    ("waiting", "seconds"): "how long the light of the sky is expected to take; else left out",
    ("waiting", "sun_altitude_deg"): "where the Sun stands then; else left out",
    ("sky_plan", "filters"): "the filters in their order, each with what is expected of it",
}

MEANINGS = {
    "before_adu": "full scale before, in ADU",
    "bits": "of how many bits the camera's data really are, where that is clear",
    "brightness": "brightness of the panel, in its steps; `null` of the sky",
    "brightness_max": "highest brightness of the panel, in its steps",
    "brightness_min": "lowest brightness of the panel, in its steps",
    "calibrated_full_scale_adu": "level at which the median stops growing, in ADU",
    "camera": "name of the camera",
    "alt_deg": "altitude in degrees",
    "az_deg": "azimuth in degrees, from north over east",
    "clipped_frac": "fraction of the pixels at or above full scale",
    "count": "how many are wanted",
    "cell_px": "side of a cell of `difference_ppm`, in pixels",
    "curve_adu": "median of each point of the panel's curve, in ADU",
    "curve_brightness": "brightness of each point of the panel's curve, in steps",
    "device": "name of the device",
    "difference_ppm": "change of each cell since the last set, rows from the top",
    "exit_code": "how the program ends, see [exit codes](exit-codes.md)",
    "exposure_s": "exposure in seconds",
    "filter": "name of the filter, as the wheel has it",
    "filters": "names of the filters in their order; at the end, outcome of each",
    "flats": "flats on disk",
    "folder": "folder of `run.json` and `report.html`",
    "frames": "files written in this run",
    "full_scale_adu": "level at which a pixel is full, in ADU",
    "index": "number of this one, from 1",
    "kind": "what the frame is for",
    "leak_adu_s": "light that reaches the sensor with the panel off, in ADU per second",
    "leak_adu": "what the longer frame has more, on its worst cell",
    "leak_frac": "the same over the light of a flat",
    "cover": "where the panel's cover was left: `open`, `closed`, `moving`, `unknown` or `failed`; "
    "`null` for a panel without one",
    "free_bytes": "room left where the frames are; `null` where that could not be asked",
    "light": "what is known of the light: `off`, `commanded_off`, `on` or `unknown`",
    "like": "filter that let through just as much last time, or `null`",
    "exposed_at": "when the exposure began (UTC); `time` is when it was told of",
    "level": "level that counts, as a fraction of full scale",
    "mend": "what to do about it",
    "measured": "when it was measured (UTC, ISO 8601)",
    "median_adu": "level that counts in ADU: the median, of a colour camera as its `channel` says",
    "n": "number of the exposure, from 1",
    "outcome": "how the filter ended",
    "panel": "name of the panel",
    "path": "the file",
    "pedestal_adu": "level of a frame without light and time, in ADU",
    "present": "flats that were there before",
    "reason": "why, and what to do",
    "proof": "what proved it: `beyond`, `ceiling`, `shifted` or `eight_bits`",
    "recovered": "whether the run goes on with it",
    "log": "its place in the log of the devices, `FILE:line`; `null` without a log",
    "rejected": "frames measured and not kept",
    "rig": "name of the rig",
    "run": "what this run is known by",
    "seen_adu": "level that proved it, in ADU",
    "seconds": "how long it took",
    "set": "name of the set: the filter, and what tells it from other sets of the same filter",
    "set_number": "which set of its filter and setup it is of those of the night, from 1",
    "sets": "names of the sets in their order; at the end, outcome of each",
    "settle_s": "seconds from dark to full brightness until the light stands within 0.5 %",
    "start_brightness": "first brightness of the search, in steps; `null` of the sky",
    "start_exposure_s": "first exposure of the search, in seconds",
    "statistics": "exact statistics in ADU: "
    + ", ".join(f"`{field.name}`" for field in fields(Statistics)),
    "subject": "what it is about",
    "target": "wanted level of each filter, as a fraction of full scale",
    "flat_s": "seconds that a flat of each set took on nights before, where known",
    "overrides": "the environment variables that set what the configuration file does not",
    "tolerance": "half the width of the accepted band of each filter",
    "channels": "median of each colour in ADU; empty for mono",
    "compared": "whether the history has a last set to compare with",
    "corner_frac": "light in the corners over that of the brightest ring",
    "drift_frac": "change of the light from the first flat to the last; `null` of the sky",
    "e_per_adu": "gain in electrons per ADU, from the noise of pairs",
    "finding": "the facts of the reason: their `kind` and `figures`, units in their names",
    "factor": "light that the filter lets through, over that of last time",
    "findings": "what is not as it should be",
    "flats_needed": "flats that bring `master_noise_frac` under `flat_noise`",
    "master_noise_frac": "noise that the mean of these flats adds to a pixel, over the light",
    "named": "what the configuration or the command line calls it",
    "noise_frac": "noise of one pixel of one flat, over the light",
    "photons_e": "electrons per pixel in all flats together",
    "noise_limit_frac": "the noise that `flats_needed` is reckoned for",
    "light_adu_s": "light that each brightness gives through this filter, in ADU/s",
    "transfer_light_adu": "light of parts of the frame, in ADU over the pedestal",
    "transfer_noise_adu": "noise of a pixel in each of these parts, in ADU",
    "profile": "light from the centre to the corners in ten rings, the brightest 1",
    "spots": "dust that came (`depth_frac` > 0) or went since the last set",
    "trained": "whether the start was learned in an earlier run",
    "trials": "exposures of the search",
    "verdict": "`accepted`, `too_dim`, `too_bright` or `clipped`",
    "wanted": "flats wanted",
    "predicted_level": "the level that was expected; left out with a panel",
    "ra_deg": "right ascension in degrees, of date",
    "dec_deg": "declination in degrees, of date",
    "sky_rate_adu_s": "light of the sky through the filter, in ADU/s; left out with a panel",
    "sun_altitude_deg": "altitude of the Sun's centre in degrees; left out with a panel",
    "tracking": "whether the mount tracks",
    "for": "`light` where that of the sky is waited for; else left out",
    "mount": "how a mount that pointed at the sky was left: `standing`, `parked`, `tracking` or "
    "`unknown`; left out where none was used",
    "present_c": "where the sensor is that is being cooled, in °C; `null` for other waits",
    "says": "what the driver of the device that is waited for says; mostly empty",
    "what": "what happened, or what is waited for",
}


def config_page() -> str:
    """Return the reference of the configuration file."""
    describe()
    sections: list[str] = []
    for name, table in Settings.model_fields.items():
        if name == "panel":
            sections += _panel_sections()
            continue
        title = {"filters": "[filters.NAME]", "sets": "[[sets]]"}.get(name, f"[{name}]")
        about = table.description or _first_line(_model(table).__doc__)
        if name == "sets":
            about = (_model(table).__doc__ or "").replace("\n    ", "\n").strip()
        rows = "" if name == "filters" else _keys(_model(table).model_fields)
        sections.append(f"\n## {title}\n\n{about}\n{rows}")
    return CONFIG.format(made=MADE, tables="".join(sections))


def _panel_sections() -> Iterator[str]:
    yield "\n## [panel]\n\nThe light; `kind` decides which other keys there are.\n"
    for kind, row in PANELS.items():
        keys = {key: field for key, field in row.options.model_fields.items() if key != "kind"}
        about = _first_line(row.options.__doc__)
        yield f'\n### kind = "{kind}"\n\n{about}\n{_keys(keys)}'


def _keys(known: Mapping[str, FieldInfo], prefix: str = "") -> str:
    rows = list(_key_rows(known, prefix))
    return "\n| key | may be | default | meaning |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"


def _key_rows(known: Mapping[str, FieldInfo], prefix: str) -> Iterator[str]:
    for key, field in known.items():
        if field.annotation in (Exposures, Brightnesses):
            yield from _key_rows(_model(field).model_fields, f"{prefix}{key}.")
        else:
            about = field.description or ""
            yield f"| `{prefix}{key}` | {allowed(field)} | {_default(field)} | {about} |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if field.default in (None, (), PydanticUndefined):
        return ""
    return f"`{json.dumps(field.default, default=str)}`"


def _model(field: FieldInfo) -> type[BaseModel]:
    candidates = [field.annotation, *get_args(field.annotation)]
    return next(c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel))


def panels_page() -> str:
    """Return the catalogue of panels."""
    rows = [
        f"| `{row.kind}` | {row.title} | {row.tried_on} | {row.status} |" for row in PANELS.values()
    ]
    return PANELS_PAGE.format(made=MADE, rows="\n".join(rows))


def commands_page() -> str:
    """Return the reference of the command line: every command's own help."""
    group = typer.main.get_group(program)
    context = group.make_context("flatctl", ["safe", "-"], terminal_width=80, max_content_width=80)
    sections = []
    for name in group.list_commands(context):
        command = group.commands[name]
        inner = type(context)(command, parent=context, info_name=name)
        sections.append(f"\n## {name}\n\n```text\n{_help(command.get_help(inner))}\n```\n")
    about = _help(group.get_help(context))
    return COMMANDS.format(made=MADE, program=about, commands="".join(sections))


def _help(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def survived_page() -> str:
    """Return what is survived, from the matrix of faults that the tests run."""
    matrix = runpy.run_path(str(ROOT / "tests" / "faults" / "matrix.py"))
    tables = {}
    for name in ("SIMULATED", "REAL", "ALPACA"):
        endings: dict[tuple[str, int], list[str]] = {}
        for row in matrix[name]:
            key = (row.fault.name, row.fault.exit_code)
            endings.setdefault(key, []).append(row.phase)
        rows = [
            f"| {fault} | {', '.join(phases)} | {matrix['ENDS'][code]} |"
            for (fault, code), phases in endings.items()
        ]
        tables[name.lower()] = "\n".join(
            ["| what | when | how the run ends |", "|---|---|---|", *rows]
        )
    return SURVIVED.format(made=MADE, **tables)


def exit_codes_page() -> str:
    """Return the table of exit codes."""
    rows = [f"| {code} | {ENDINGS[code]} |" for code in ExitCode]
    rows += [f"| {128 + number} | {STOPS[number]} |" for number in STOP_SIGNALS]
    return EXIT_CODES.format(made=MADE, rows="\n".join(rows))


def events_page() -> str:
    """Return the reference of events, from their classes."""
    sections = []
    for kind in KINDS.values():
        hints = get_type_hints(kind)
        keys = {f.name: _json_type(hints[f.name]) for f in fields(kind) if f.name != "time"}
        if keys.pop("why", None):
            keys |= {"reason": "text", "finding": "object or null"}
        if kind is Waiting:
            keys |= {"for": "text", "seconds": "number", "sun_altitude_deg": "number"}
        rows = [
            f"| `{key}` | {written} | {_meaning(kind.event, key)} |"
            for key, written in keys.items()
        ]
        about = " ".join((kind.__doc__ or "").split())
        sections.append(
            f"\n## {kind.event}\n\n{about}\n\n| key | type | meaning |\n|---|---|---|\n"
        )
        sections.append("\n".join(rows) + "\n")
    outcomes = "\n".join(f"| `{outcome}` | {OUTCOMES[outcome]} |" for outcome in OUTCOMES)
    return EVENTS.format(made=MADE, outcomes=outcomes, events="".join(sections))


def _meaning(event: str, key: str) -> str:
    return MEANINGS_OF.get((event, key)) or MEANINGS[key]


def _json_type(hint: Any) -> str:
    plain = {
        str: "text",
        Path: "text",
        datetime: "text",
        int: "whole number",
        float: "number",
        bool: "true or false",
    }
    if hint in plain:
        return plain[hint]
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return "text"
    if NoneType in get_args(hint):
        return " or ".join("null" if a is NoneType else _json_type(a) for a in get_args(hint))
    if getattr(hint, "__origin__", None) is tuple:
        return f"list of {_json_type(get_args(hint)[0])}s"
    return "object"


def fits_page() -> str:
    """Return the reference of FITS files, from the tables of their keywords."""
    return FITS.format(
        made=MADE,
        rows=_keyword_rows(KEYWORDS),
        masters=_keyword_rows(MASTER_KEYWORDS),
        pointing=", ".join(f"`{name}`" for name in POINTING),
    )


def _keyword_rows(keywords: Iterable[Keyword[Any]]) -> str:
    types: dict[type[Value], str] = {str: "text", int: "whole", float: "real", bool: "logical"}
    return "\n".join(
        f"| `{k.name}` | {types[k.type]} | {k.unit} | {k.when} | {k.meaning} |" for k in keywords
    )


def schema_file() -> str:
    """Return the JSON schema of the configuration file."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _first_line(docstring: str | None) -> str:
    return (docstring or "").strip().splitlines()[0]


def openapi_file() -> str:
    """Return the description of the console's API."""
    from flatctl.web.openapi import openapi  # of an extra, which `make demo` does without

    return json.dumps(openapi(), indent=2) + "\n"


FILES: dict[str, Callable[[], str]] = {
    "docs/reference/config.md": config_page,
    "docs/reference/commands.md": commands_page,
    "docs/reference/exit-codes.md": exit_codes_page,
    "docs/reference/events.md": events_page,
    "docs/reference/fits.md": fits_page,
    "docs/reference/panels.md": panels_page,
    "docs/reference/survived.md": survived_page,
    "docs/reference/openapi.json": openapi_file,
    "config/flatctl.schema.json": schema_file,
}


def stale() -> list[str]:
    """Return the files that are not as the code has them."""
    return [
        name
        for name, content in FILES.items()
        if not (ROOT / name).is_file() or (ROOT / name).read_text("utf-8") != content()
    ]


def main() -> int:
    """Write what is stale, or with `--check` only name it."""
    names = stale()
    if "--check" in sys.argv[1:]:
        for name in names:
            print(f"{name} is stale; `make docs` writes it again", file=sys.stderr)
        return 1 if names else 0
    for name in names:
        (ROOT / name).write_text(FILES[name](), "utf-8")
        print(f"wrote {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
