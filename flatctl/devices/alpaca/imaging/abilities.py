"""What an Alpaca camera is and can do, as it was found when it was opened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flatctl.core.types import CameraSetup, FilterPlan
from flatctl.devices.alpaca.asking import granted_s, optional
from flatctl.devices.alpaca.imaging.dials import Dial, Modes, dial, modes
from flatctl.devices.deadline import Deadline
from flatctl.devices.protocols import CameraInfo
from flatctl.errors import BadReply, DeviceError, Unfit

if TYPE_CHECKING:
    from flatctl.devices.alpaca.wire.client import AlpacaClient

SIDE_PX = range(1, 200_000)
_BINNINGS = range(1, 100)
_FULL_ADU = range(1, 2**32)
_THREE_PLANES, _RGGB = 1, 2
# By SensorType 2 and the offsets of its pattern, across and down.
_PATTERNS = {(0, 0): "RGGB", (1, 0): "GRBG", (0, 1): "GBRG", (1, 1): "BGGR"}
_ELSEWHERE = ("conversion_gain", "low_noise", "full_well", "capture_format")


@dataclass(frozen=True)
class Abilities:
    """A camera; `None` where it doesn't say. Sides in unbinned pixels, `pixel_um` likewise.

    Exposures go in whole `step_s`; 0 for any.
    """

    device: str
    title: str
    width_px: int
    height_px: int
    binning_max: int
    full_adu: int | None
    shortest_s: float | None
    longest_s: float | None
    step_s: float
    bayer: str | None
    pixel_um: tuple[float | None, float | None]
    cools: bool
    aborts: str  # the order that ends an exposure, empty where none does
    gain: Dial | None
    offset: Dial | None
    modes: Modes | None

    @property
    def info(self) -> CameraInfo:
        """What is told of it."""
        return CameraInfo(
            name=self.device,
            width_px=self.width_px,
            height_px=self.height_px,
            bits=self.full_adu.bit_length() if self.full_adu else None,
            exposure_min_s=self.shortest_s,
            exposure_max_s=self.longest_s,
            bayer=self.bayer,
        )

    def made_s(self, exposure_s: float) -> float:
        """Return the exposure that the camera makes when it is asked for one."""
        if self.step_s <= 0:
            return exposure_s
        steps = max(round(exposure_s / self.step_s), 1)
        # What is nearer than a clock can tell is the same.
        made_s = round(steps * self.step_s, 9)
        return exposure_s if abs(made_s - exposure_s) < 1e-9 else made_s

    def unfit(self, setup: CameraSetup) -> Iterator[Unfit]:
        """Yield what of a setup the camera can't do, in the configuration's own words."""
        mode_changes = setup.readout_mode is not None
        for key, place in (("gain", self.gain), ("offset", self.offset), ("iso", self.isos)):
            value = getattr(setup, key)
            if value is None:
                continue
            if place is None:
                remedy = f"remove camera.{key}"
                if key == "iso" and self.gain is not None:
                    remedy += f", or give camera.gain: {self.gain.range_words}"
                yield Unfit(self.device, f"has no {key} to set", remedy)
            elif place.setting(value) is None and not mode_changes:
                yield self.outside(key, value, place)
        yield from self._unfit_mode(setup.readout_mode)
        for key in _ELSEWHERE:
            if getattr(setup, key) is not None:
                remedy = f"remove camera.{key}; its modes are camera.readout_mode"
                yield Unfit(self.device, f"has no {key} to set", remedy)
        if not 1 <= setup.binning <= self.binning_max:
            what = f"does not take camera.binning = {setup.binning}"
            yield Unfit(self.device, what, f"allowed: 1 to {self.binning_max}")
        if setup.temperature_c is not None and not self.cools:
            yield Unfit(self.device, "can not be cooled", "remove camera.temperature_c")

    def unfit_plan(self, plan: FilterPlan) -> Iterator[Unfit]:
        """Yield why the camera can make none of a plan's exposures."""
        makes = f"it makes exposures of {self._limits} s"
        if plan.exposures_s:
            if not any(self.allows(each_s) for each_s in plan.exposures_s):
                yield Unfit(self.device, "can make none of flats.exposures_s", makes)
        elif self.longest_s is not None and plan.exposure_min_s > self.longest_s:
            what = f"can't expose as long as flats.exposure_s.min = {plan.exposure_min_s:g}"
            yield Unfit(self.device, what, makes)
        elif self.shortest_s is not None and plan.exposure_max_s < self.shortest_s:
            what = f"can't expose as briefly as flats.exposure_s.max = {plan.exposure_max_s:g}"
            yield Unfit(self.device, what, makes)

    def unfit_exposure(self, exposure_s: float) -> Unfit | None:
        """Return why the camera can't make an exposure."""
        if self.allows(exposure_s):
            return None
        return Unfit(self.device, f"can't expose {exposure_s:g} s", f"it allows {self._limits} s")

    def allows(self, exposure_s: float) -> bool:
        """Say whether the camera makes an exposure of that length."""
        near = 1e-9 * exposure_s
        too_short = self.shortest_s is not None and exposure_s < self.shortest_s - near
        too_long = self.longest_s is not None and exposure_s > self.longest_s + near
        return not (too_short or too_long)

    @property
    def isos(self) -> Dial | None:
        """Where an ISO is set: only where the gains are names."""
        return self.gain if self.gain is not None and self.gain.names else None

    def outside(self, key: str, value: float, place: Dial) -> Unfit:
        """Return the error of a number that can't be set."""
        what = f"does not take camera.{key} = {value:g}"
        return Unfit(self.device, what, f"allowed: {place.range_words}")

    @property
    def _limits(self) -> str:
        shortest = "any length" if self.shortest_s is None else f"{self.shortest_s:g}"
        return shortest if self.longest_s is None else f"{shortest} to {self.longest_s:g}"

    def _unfit_mode(self, wanted: str | None) -> Iterator[Unfit]:
        if wanted is None:
            return
        if self.modes is None:
            yield Unfit(self.device, "has no readout_mode to set", "remove camera.readout_mode")
        elif self.modes.setting(wanted) is None:
            remedy = f"change camera.readout_mode: {', '.join(self.modes.names)}"
            yield Unfit(self.device, f"has no readout_mode {wanted!r}", remedy)


def abilities(client: AlpacaClient, deadline: Deadline) -> Abilities:
    """Ask a camera for all of that.

    Raises `BadReply` for a size that can't be, `Unfit` for a camera of three planes.
    """
    kind = optional(client.whole, "sensortype", granted_s(deadline))
    if kind == _THREE_PLANES:
        remedy = "have its driver deliver raw (Bayer) frames"
        raise Unfit(client.name, "delivers three planes of colour, no raw frames", remedy)
    return Abilities(
        device=client.name,
        title=optional(client.text, "name", granted_s(deadline)) or "",
        width_px=_side(client, "cameraxsize", deadline),
        height_px=_side(client, "cameraysize", deadline),
        binning_max=min(
            _count(client, member, _BINNINGS, deadline) or 1 for member in ("maxbinx", "maxbiny")
        ),
        full_adu=_count(client, "maxadu", _FULL_ADU, deadline),
        shortest_s=_seconds(client, "exposuremin", deadline),
        longest_s=_seconds(client, "exposuremax", deadline) or None,
        step_s=_seconds(client, "exposureresolution", deadline) or 0.0,
        bayer=_pattern(client, deadline) if kind == _RGGB else None,
        pixel_um=(
            _seconds(client, "pixelsizex", deadline) or None,
            _seconds(client, "pixelsizey", deadline) or None,
        ),
        cools=bool(optional(client.truth, "cansetccdtemperature", granted_s(deadline))),
        aborts=_aborts(client, deadline),
        gain=dial(client, "gain", deadline),
        offset=dial(client, "offset", deadline),
        modes=modes(client, deadline),
    )


def _side(client: AlpacaClient, member: str, deadline: Deadline) -> int:
    side = client.whole(member, granted_s(deadline))
    if side not in SIDE_PX:
        what = f"says that it has {side} pixels ({member})"
        raise BadReply(client.name, what, "is the camera powered? Restart its driver")
    return side


def _count(client: AlpacaClient, member: str, allowed: range, deadline: Deadline) -> int | None:
    with suppress(BadReply):
        found = optional(client.whole, member, granted_s(deadline))
        return found if found is not None and found in allowed else None
    return None


def _seconds(client: AlpacaClient, member: str, deadline: Deadline) -> float | None:
    """Return a number that is not negative, None where there is none."""
    with suppress(BadReply):
        found = optional(client.number, member, granted_s(deadline))
        return found if found is not None and found >= 0 else None
    return None


def _pattern(client: AlpacaClient, deadline: Deadline) -> str | None:
    across = optional(client.whole, "bayeroffsetx", granted_s(deadline)) or 0
    down = optional(client.whole, "bayeroffsety", granted_s(deadline)) or 0
    return _PATTERNS.get((across % 2, down % 2))


def _aborts(client: AlpacaClient, deadline: Deadline) -> str:
    for member, order in (("canabortexposure", "abortexposure"), ("canstopexposure", "")):
        if optional(client.truth, member, granted_s(deadline)):
            return order or "stopexposure"
    return ""


def electrons_per_adu(client: AlpacaClient, timeout_s: float) -> float | None:
    """Return it as it is now, None where the camera doesn't say; failing that is no failure."""
    with suppress(DeviceError):
        found = optional(client.number, "electronsperadu", timeout_s)
        return found if found is not None and found > 0 else None
    return None


def whole_frame(there: Abilities, binning: int) -> Sequence[int]:
    """Return rows and columns of a full frame."""
    return there.height_px // binning, there.width_px // binning
