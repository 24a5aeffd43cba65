"""Figures of rigs in the text format of Prometheus, made from what is known of them now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import flatctl
from flatctl.core.types import Light
from flatctl.outputs.standing import Standing

_TRIALS = (2, 3, 4, 5, 7, 10, 15, 20)
_LIT = {Light.ON: 1, Light.OFF: 0, Light.COMMANDED_OFF: 0}

Labels = Mapping[str, str]


@dataclass(frozen=True)
class Metered:
    """A rig and what is known of it; `running` where a run goes on."""

    rig: str
    standing: Standing
    running: bool


@dataclass(frozen=True)
class _Family:
    name: str
    kind: str
    help: str
    samples: Sequence[tuple[str, Labels, float]]


def metrics(rigs: Iterable[Metered]) -> str:
    """Return the page; of a light that is not known there is no figure."""
    known = list(rigs)
    lines: list[str] = []
    for family in _families(known):
        lines += [f"# HELP {family.name} {family.help}", f"# TYPE {family.name} {family.kind}"]
        lines += [
            f"{name}{_labels(labels)} {_number(value)}" for name, labels, value in family.samples
        ]
    return "\n".join(lines) + "\n"


def _families(rigs: list[Metered]) -> Iterable[_Family]:
    def gauge(name: str, text: str, figures: Mapping[str, float | None]) -> _Family:
        found = [(name, {"rig": rig}, float(v)) for rig, v in figures.items() if v is not None]
        return _Family(name, "gauge", text, found)

    version = [("flatctl_build_info", {"version": flatctl.__version__}, 1.0)]
    yield _Family("flatctl_build_info", "gauge", "Version of flatctl.", version)
    yield gauge("flatctl_run_active", "Whether a run goes on.", {r.rig: r.running for r in rigs})
    yield gauge(
        "flatctl_panel_lit",
        "Whether the light is on; absent where that is not known.",
        {r.rig: _LIT.get(r.standing.light) for r in rigs},
    )
    yield _counted("flatctl_flats_total", "Flats on disk of the last run.", rigs, rejected=False)
    yield _counted(
        "flatctl_frames_rejected_total", "Frames that were not kept.", rigs, rejected=True
    )
    yield _trials(rigs)
    yield gauge(
        "flatctl_flat_level_ratio",
        "Level of the last frame, as a fraction of full scale.",
        {r.rig: r.standing.last.level if r.standing.last else None for r in rigs},
    )
    yield gauge(
        "flatctl_last_run_exit_code",
        "How the last run ended.",
        {r.rig: r.standing.record.exit_code for r in rigs},
    )
    yield gauge(
        "flatctl_last_run_end_timestamp_seconds",
        "When the last run ended.",
        {r.rig: d.timestamp() if (d := r.standing.record.finished) else None for r in rigs},
    )
    yield gauge(
        "flatctl_last_event_timestamp_seconds",
        "When anything was told last.",
        {r.rig: d.timestamp() if (d := r.standing.time) else None for r in rigs},
    )


def _counted(name: str, text: str, rigs: list[Metered], *, rejected: bool) -> _Family:
    found = [
        (
            name,
            {"rig": rig.rig, "filter": one.name},
            float(len(one.rejected) if rejected else len(one.flats)),
        )
        for rig in rigs
        for one in rig.standing.record.filters.values()
    ]
    return _Family(name, "counter", text, found)


def _trials(rigs: list[Metered]) -> _Family:
    name = "flatctl_trials"
    found: list[tuple[str, Labels, float]] = []
    for rig in rigs:
        counts = [len(one.trials) for one in rig.standing.record.filters.values() if one.trials]
        for limit in _TRIALS:
            within = sum(count <= limit for count in counts)
            found.append((f"{name}_bucket", {"rig": rig.rig, "le": str(limit)}, within))
        found.append((f"{name}_bucket", {"rig": rig.rig, "le": "+Inf"}, len(counts)))
        found.append((f"{name}_sum", {"rig": rig.rig}, sum(counts)))
        found.append((f"{name}_count", {"rig": rig.rig}, len(counts)))
    return _Family(name, "histogram", "Trial exposures that a search took.", found)


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    text = value.encode("utf-8", "replace").decode("utf-8").replace("\0", "")
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", " ")


def _number(value: float) -> str:
    # A moment has more digits than a short form would keep.
    return repr(float(value)) if value == value else "NaN"
