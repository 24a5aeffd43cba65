"""Habits of Alpaca devices and their servers: all that the protocol, or the field, leaves open.

Each is off unless it is asked for, alone or after a plus behind a scenario: `osc+old-platform`.
What the sensor, the lamp and the light are like is the scenario's.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from hardware_sims.habits import Mode
from hardware_sims.quirks import QUIRKS
from hardware_sims.scenarios import scenario
from hardware_sims.world import Scenario

Listed = Literal["range", "list", "both"]
Element = Literal[
    "byte", "int16", "uint16", "int32", "uint32", "int64", "uint64", "single", "double"
]


@dataclass(frozen=True)
class AlpacaHabits:
    """What the devices of a rig make of the protocol.

    `platform` is ASCOM's: 6 has no Connect, Connecting, CoverMoving and CalibratorChanging, and
    blocks in Connected and Park. To connect takes `connects_s`. Connected is the whole server's,
    or each client's (`per_client`), who is dropped after `idle_drop_s` without a word.

    Gains and offsets are ranges of values, or lists of names whose place in the list is set, or
    both may be read. `modes` are those of the read-out, `fast_readout` stands where they would.
    Pixels travel as the smallest `element` that holds them, unless one is named, or as JSON only;
    of a colour camera in three `planes` they come as such. MaxADU is `max_adu`, whatever comes.

    The panel has so many steps (`max_brightness`; the scenario's, unless told), may have no
    `calibrator` or no `cover`, is ready `settles_s` after it was lit, and answers an order for the
    light `order_takes_s` later. Off, it says Ready with brightness 0 (`ready_when_off`), or Off
    with the brightness that it had (`keeps_brightness`). Its cover moves for `cover_s`, and can be
    halted or not. A slot of the wheel takes `slot_s`; meanwhile its Position is -1, or the wheel
    answers an order only when it is there (`wheel_blocks`). An axis moves for `axis_s`.

    A `terse` server leaves out what is not asked for: ErrorNumber where there is none, Value where
    it is null. With `late_after_abort` an aborted exposure goes on, and its frame is told as that
    of the next one. A connection on which nothing was asked for `keeps_s` is closed.
    """

    platform: Literal[6, 7] = 7
    connects_s: float = 0.0
    per_client: bool = False
    idle_drop_s: float | None = None
    gains: Listed = "range"
    offsets: Listed = "range"
    modes: tuple[Mode, ...] = (Mode("NORMAL", "Normal"),)
    fast_readout: bool = False
    element: Element | None = None
    json_only: bool = False
    planes: bool = False
    max_adu: int | None = None
    late_after_abort: bool = False
    calibrator: bool = True
    cover: bool = True
    max_brightness: int | None = None
    settles_s: float = 0.0
    order_takes_s: float = 0.0
    ready_when_off: bool = False
    keeps_brightness: bool = False
    cover_s: float = 1.0
    halts: bool = False
    slot_s: float = 0.25
    wheel_blocks: bool = False
    axis_s: float = 0.5
    terse: bool = False
    keeps_s: float | None = None


@dataclass(frozen=True)
class Habit:
    """A habit by name: a line about it, and what it changes."""

    name: str
    summary: str
    changes: tuple[tuple[str, object], ...]


def _habit(name: str, summary: str, **changes: object) -> Habit:
    return Habit(name, summary, tuple(changes.items()))


_MODES = (
    Mode("NORMAL", "Normal"),
    Mode("HIGH", "High gain", conversion=3.0, read_noise=0.4),
    Mode("LOW", "Low noise", read_noise=0.7),
)

HABITS = {
    habit.name: habit
    for habit in (
        _habit("old-platform", "devices of ASCOM Platform 6", platform=6),
        _habit("slow-connect", "to connect takes 2 s", connects_s=2.0),
        _habit(
            "per-client",
            "each client connects by itself, and is dropped after 120 s of silence",
            per_client=True,
            idle_drop_s=120.0,
        ),
        _habit("gain-list", "gains are names in a list", gains="list"),
        _habit("gain-both", "gains can be read as a range and as a list", gains="both"),
        _habit("offset-list", "offsets are names in a list", offsets="list"),
        _habit("modes", "three read-out modes", modes=_MODES),
        _habit("fast-readout", "a fast read-out instead of modes", fast_readout=True),
        _habit("json-only", "images as JSON only", json_only=True),
        _habit("int32", "images as Int32, whatever is in them", element="int32"),
        _habit("uint32", "images as UInt32, whatever is in them", element="uint32"),
        _habit("says-4095", "MaxADU is 4095, whatever comes", max_adu=4095),
        _habit("says-65535", "MaxADU is 65535, whatever comes", max_adu=65535),
        _habit("planes", "the camera gives three planes of colour", planes=True),
        _habit(
            "late-frames",
            "an aborted exposure goes on, and its frame is told as the next one's",
            late_after_abort=True,
        ),
        _habit("switch", "the panel can be on or off: MaxBrightness is 1", max_brightness=1),
        _habit("percent", "the panel has 100 steps", max_brightness=100),
        _habit("fine", "the panel has 4096 steps", max_brightness=4096),
        _habit("no-cover", "the panel has no cover", cover=False),
        _habit("no-light", "a cover without a light", calibrator=False),
        _habit("settles", "the panel is ready 2 s after it was lit", settles_s=2.0),
        _habit("blocks", "the panel answers an order after 15 s", order_takes_s=15.0),
        _habit("ready-when-off", "the panel that is off says Ready", ready_when_off=True),
        _habit("keeps-brightness", "off, the panel tells a brightness", keeps_brightness=True),
        _habit("halts", "the cover can be halted on its way", halts=True),
        _habit("slow-cover", "the cover moves for 10 s", cover_s=10.0),
        _habit("slow-wheel", "the wheel takes 2 s a slot", slot_s=2.0),
        _habit("wheel-blocks", "the wheel answers when it is there", wheel_blocks=True),
        _habit("terse", "answers hold what they must, and no more", terse=True),
        _habit("drops-idle", "connections are closed after 1 s of silence", keeps_s=1.0),
    )
}


def named_rig(
    name: str, *, alpaca: bool, sized: Callable[[str], Scenario] = scenario
) -> tuple[Scenario, AlpacaHabits]:
    """Return the rig of a name, and the habits in it; `sized` makes the rig without them.

    `osc+cmos+gain-list` is `osc+cmos`, with a list of gains; habits alone are those of `mono`.
    Raises `ValueError` where a part is unknown, or can't be had over Alpaca, or only there.
    """
    parts = name.split("+")
    own = [HABITS[part] for part in parts if part in HABITS]
    if own and not alpaca:
        raise ValueError(f"{own[0].name!r} is a habit of Alpaca devices: add --alpaca")
    rig = sized("+".join(part for part in parts if part not in HABITS) or "mono")
    for part in parts:
        if alpaca and part in QUIRKS and QUIRKS[part].indi_only:
            raise ValueError(f"{part!r} is a habit of INDI drivers: leave out --alpaca")
    changes = dict(change for habit in own for change in habit.changes)
    habits = AlpacaHabits(**changes)  # type: ignore[arg-type]  # because mypy can't pair names with types here
    if own:
        summary = "; ".join((rig.summary, *(habit.summary for habit in own)))
        rig = replace(rig, name=name, summary=summary)
    if habits.max_brightness is not None:
        rig = replace(rig, brightness_max=habits.max_brightness)
    return rig, habits
