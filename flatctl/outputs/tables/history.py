"""What `flatctl history` answers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import expm1

from flatctl.core.nights.history import Calibrated, LearnedSky, PastRun, SettingKey, Trained
from flatctl.outputs import figures
from flatctl.outputs.tables import Table

_TRAINED = (
    *("Rig", "Filter", "Camera", "Bin", "Gain", "Offset"),
    *("Panel", "Brightness", "Exposure", "Level", "When"),
)
_CALIBRATED = (
    *("Rig", "Camera", "Bin", "Gain", "Offset", "Panel"),
    *("Pedestal", "Leak/s", "Full scale", "Settling", "When"),
)
_SKY = ("Rig", "Camera", "Bin", "Gain", "Offset", "Filters", "Twilights", "Varies by", "When")
_RUN = ("Started", "Rig", "Filters", "Frames", "Seconds", "Exit code")


@dataclass(frozen=True)
class HistoryListing:
    """What is remembered, of one rig or of all, and what is wrong with the history."""

    trained: Sequence[tuple[SettingKey, Trained]]
    calibrations: Sequence[Calibrated]
    skies: Sequence[LearnedSky]
    runs: Sequence[PastRun]
    warnings: Sequence[str]

    def tables(self) -> Iterator[Table]:
        """Yield trained settings, calibrations, what is known of the sky, and past runs."""
        yield Table("Trained settings", _TRAINED, [_trained(*each) for each in self.trained])
        yield Table("Calibrations", _CALIBRATED, [_calibrated(each) for each in self.calibrations])
        yield Table("Twilight sky", _SKY, [_sky(each) for each in self.skies])
        yield Table("Past runs", _RUN, [_run(run) for run in self.runs])


def _trained(key: SettingKey, trained: Trained) -> tuple[str, ...]:
    return (
        key.rig,
        key.filter or "none",
        *_camera(key),
        key.panel or "none",
        str(trained.brightness),
        figures.seconds(trained.exposure_s),
        figures.percent(trained.level),
        figures.local_time(trained.time),
    )


def _calibrated(known: Calibrated) -> tuple[str, ...]:
    found = known.calibration
    full_adu, settle_s = found.full_scale_adu, found.settle_s
    return (
        known.key.rig,
        *_camera(known.key),
        known.key.panel or "none",
        f"{found.pedestal_adu:.0f}",
        f"{found.leak_adu_s:.1f}",
        "not measured" if full_adu is None else f"{full_adu:.0f}",
        "not measured" if settle_s is None else f"{settle_s:.1f} s",
        figures.local_time(known.time),
    )


def _sky(known: LearnedSky) -> tuple[str, ...]:
    memory = known.memory
    return (
        known.key.rig,
        *_camera(known.key),
        ", ".join(map(figures.printable, memory.throughputs)) or "none",
        str(memory.nights),
        # The brightness of the sky from one twilight to another.
        figures.percent(expm1(memory.error), 0),
        figures.local_time(known.time),
    )


def _camera(key: SettingKey) -> tuple[str, ...]:
    gain, offset = (figures.setting(v, absent="as it was") for v in (key.gain, key.offset))
    return key.camera, str(key.binning), gain, offset


def _run(run: PastRun) -> tuple[str, ...]:
    return (
        figures.local_time(run.started),
        run.rig,
        ", ".join(f"{name} {figures.words(outcome)}" for name, outcome in run.filters.items()),
        str(run.frames),
        f"{run.seconds:.0f}",
        str(run.exit_code),
    )
