"""Make an Alpaca camera stand as wanted, and read back how it stands.

In this order, for each may change what the next one allows: read-out mode, binning, frame, gain,
offset. Some drivers leave the frame alone when the binning changes, and fail at the exposure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from flatctl.core.types import CameraSetup
from flatctl.devices.alpaca.asking import granted_s, optional, poll
from flatctl.devices.alpaca.imaging.abilities import Abilities, whole_frame
from flatctl.devices.alpaca.imaging.cooling import Cooling, celsius
from flatctl.devices.alpaca.imaging.dials import Dial, dial
from flatctl.devices.deadline import Deadline
from flatctl.devices.protocols import CameraState
from flatctl.errors import Fault, NoReply, Unfit

if TYPE_CHECKING:
    from flatctl.devices.alpaca.wire.client import AlpacaClient
    from flatctl.devices.alpaca.wire.requests import Scalar

_ANSWER_S = 10.0
_OBEYS_S = 2.0


class Preparation:
    """One camera being prepared until the deadline; `tell` hears the temperature meanwhile."""

    def __init__(
        self,
        client: AlpacaClient,
        there: Abilities,
        deadline: Deadline,
        tell: Callable[[float | None], None] = lambda _: None,
    ) -> None:
        self._client = client
        self._there = there
        self._deadline = deadline
        self._tell = tell

    def apply(self, setup: CameraSetup) -> tuple[CameraState, Abilities]:
        """Set everything, wait for the temperature; return what it reports, and can do then.

        Raises `Unfit`, before anything is set, where it can't stand as `setup` wants.
        """
        for unfit in self._there.unfit(setup):
            raise unfit
        cooling = None
        if setup.temperature_c is not None:
            cooling = Cooling(self._client, setup.temperature_c, self._deadline)
            cooling.start()
        if setup.readout_mode is not None:
            self._choose_mode(setup.readout_mode)
        self._set_frame(setup.binning)
        if setup.iso is not None:
            self._set_dial("iso", setup.iso, self._there.isos)
        for key in ("gain", "offset"):
            if (value := getattr(setup, key)) is not None:
                self._set_dial(key, value, getattr(self._there, key))
        if cooling is not None:
            cooling.wait(self._tell)
        return self.state(setup), self._there

    def state(self, setup: CameraSetup) -> CameraState:
        """Return how the camera reports to stand; `setup` has what can't be asked."""
        gain, named = self._gain()
        is_iso = "iso" in named.casefold()
        return CameraState(
            binning=optional(self._client.whole, "binx", self._answer_s) or 1,
            gain=None if is_iso and setup.gain is None else gain,
            offset=self._value(self._there.offset)[0],
            iso=int(gain) if is_iso and gain is not None else None,
            readout_mode=self._mode(),
            temperature_c=celsius(self._client, self._answer_s),
            set_temperature_c=setup.temperature_c,
        )

    @property
    def _answer_s(self) -> float:
        return min(_ANSWER_S, granted_s(self._deadline))

    def _choose_mode(self, wanted: str) -> None:
        known = self._there.modes
        assert known is not None  # looked at before anything was set
        setting = known.setting(wanted)
        assert setting is not None  # as above
        self._set(known.member, setting, f"readout mode {wanted!r}", form=known.form(setting))
        # It may have other gains than the mode before.
        self._there = replace(
            self._there,
            gain=dial(self._client, "gain", self._deadline),
            offset=dial(self._client, "offset", self._deadline),
        )

    def _set_frame(self, binning: int) -> None:
        rows, cols = whole_frame(self._there, binning)
        for key, value in (
            *(("BinX", binning), ("BinY", binning), ("StartX", 0), ("StartY", 0)),
            *(("NumX", cols), ("NumY", rows)),
        ):
            self._set(key.lower(), value, f"{key} {value}", form={key: value})

    def _set_dial(self, key: str, value: float, place: Dial | None) -> None:
        if place is None:
            what = f"has no {key} to set in this readout mode"
            raise Unfit(self._client.name, what, f"remove camera.{key}")
        setting = place.setting(value)
        if setting is None:
            raise self._there.outside(key, value, place)
        member = place.member
        form = {member.capitalize(): setting}
        self._set(member, setting, f"{key} {value:g}", form=form, place=place)

    def _set(
        self,
        member: str,
        wanted: int,
        words: str,
        *,
        form: Mapping[str, Scalar],
        place: Dial | None = None,
    ) -> None:
        """Set something and read it back; an order that stays unanswered may have been obeyed."""
        silence: NoReply | None = None
        try:
            self._client.put(member, self._answer_s, **form)
        except NoReply as error:
            silence = error
        said = wanted - 1

        def look() -> bool | None:
            nonlocal said
            said = self._setting(member)
            return True if said == wanted else None

        if poll(look, Deadline(min(_OBEYS_S, granted_s(self._deadline)))):
            return
        if silence is not None:
            raise silence
        now = (place.name(said) if place else None) or str(said)
        what = f"is asked for {words}, and reports {now}"
        raise Fault(self._client.name, what, "see its driver's settings")

    def _setting(self, member: str) -> int:
        if member == "fastreadout":
            return int(self._client.truth(member, self._answer_s))
        return self._client.whole(member, self._answer_s)

    def _gain(self) -> tuple[float | None, str]:
        return self._value(self._there.gain)

    def _value(self, place: Dial | None) -> tuple[float | None, str]:
        """Return what is set, and its name where it has one."""
        setting = None
        if place is not None:
            setting = optional(self._client.whole, place.member, self._answer_s)
        if place is None or setting is None:
            return None, ""
        return place.value(setting), place.name(setting) or ""

    def _mode(self) -> str | None:
        known = self._there.modes
        if known is None:
            return None
        place = -1
        with suppress(Fault):
            place = self._setting(known.member)
        return known.names[place] if 0 <= place < len(known.names) else None


def foreseen(state: CameraState, setup: CameraSetup) -> CameraState:
    """Return how a camera that stands so will stand once it is made to stand as `setup` wants."""
    wanted = {key: value for key, value in asdict(setup).items() if value is not None}
    if "temperature_c" in wanted:
        wanted["set_temperature_c"] = wanted["temperature_c"]
    return replace(state, **wanted)
