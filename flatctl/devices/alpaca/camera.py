"""A camera behind Alpaca."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from flatctl.core.types import CameraSetup, FilterPlan, FrameKind
from flatctl.devices.alpaca.asking import granted_s, optional, poll
from flatctl.devices.alpaca.imaging.abilities import (
    Abilities,
    abilities,
    electrons_per_adu,
    whole_frame,
)
from flatctl.devices.alpaca.imaging.cooling import celsius
from flatctl.devices.alpaca.imaging.download import download
from flatctl.devices.alpaca.imaging.exposing import AT_WORK, FAILED, Exposure, Wait, ready_before
from flatctl.devices.alpaca.imaging.frame_cards import frame_header
from flatctl.devices.alpaca.imaging.preparation import Preparation, foreseen
from flatctl.devices.alpaca.imaging.sharing import Sharing
from flatctl.devices.alpaca.wire.connection import Broken
from flatctl.devices.deadline import Deadline
from flatctl.devices.protocols import CameraInfo, CameraState, Frame, Progress, StoredFrame
from flatctl.errors import DeviceError, Fault, InUse, NoReply, Unfit

if TYPE_CHECKING:
    from flatctl.devices.alpaca.session import AlpacaSession
    from flatctl.fits.header import Header

_ANSWER_S = 10.0
_CLOSE_S = 3.0
_BACK_S = 2.0
_DRIFTED_C = 1.5
_NOT_READY = "open and prepare it again"


class AlpacaCamera:
    """A camera behind Alpaca, by its address.

    After any `DeviceError` it wants to be opened and prepared again: its server may have been
    restarted, with all its settings back where they were.
    """

    def __init__(self, session: AlpacaSession, device: str) -> None:
        self._client = session.client(device)
        self._sharing = Sharing(self._client)
        self._there: Abilities | None = None
        self._found: CameraState | None = None  # as it stood last, as far as that was asked
        self._setup: CameraSetup | None = None  # as it stands, None where it is not prepared
        self._e_per_adu: float | None = None
        self._exposure: Exposure | None = None
        self.tell: Callable[[Progress], None] = lambda _: None

    @property
    def name(self) -> str:
        """Its address, as it is configured."""
        return self._client.name

    def open(self, timeout_s: float) -> CameraInfo:
        """Reach the camera, connect it if it is not connected, and say what it is.

        Raises `Unreachable` where there is none, `AlpacaFault` where it does not connect.
        """
        deadline = Deadline(timeout_s)
        self._drop()
        self._client.connect(deadline.left_s)
        self._there = abilities(self._client, deadline)
        self._found = Preparation(self._client, self._there, deadline).state(CameraSetup())
        return self._there.info

    def unfit(self, setup: CameraSetup, plan: FilterPlan) -> Sequence[Unfit]:
        """Return what of a setup and a plan the camera can't do; nothing where it isn't known."""
        if self._there is None:
            return ()
        return (*self._there.unfit(setup), *self._there.unfit_plan(plan))

    def standing(self, setup: CameraSetup) -> tuple[CameraState, CameraState] | None:
        """Return how the camera stood last, and how `setup` would make it; None where not known."""
        return None if self._found is None else (self._found, foreseen(self._found, setup))

    def prepare(self, setup: CameraSetup, timeout_s: float) -> CameraState:
        """Make it stand as `setup` wants, full frame, and read everything back.

        Raises `Unfit` where the camera can't stand so, `Fault` where it refuses to, or reports
        another value afterwards, `InUse` while another program exposes with it.
        """
        deadline = Deadline(timeout_s)
        self._setup = None
        if self._there is None:
            raise Fault(self.name, "it is not ready", "open it first")
        self._ensure_rest(min(_ANSWER_S, granted_s(deadline)))
        preparation = Preparation(self._client, self._there, deadline, self._tell_temperature)
        self._found, self._there = preparation.apply(setup)
        self._e_per_adu = electrons_per_adu(self._client, min(_ANSWER_S, granted_s(deadline)))
        self._setup = setup
        return self._found

    def start(self, exposure_s: float, kind: FrameKind) -> None:
        """Begin an exposure and return at once.

        Raises `ValueError` for a length that is none, `Unfit` for one the camera can't make,
        `Fault` where it is not prepared, `InUse` while another program exposes with it.
        """
        if not (math.isfinite(exposure_s) and exposure_s > 0):
            raise ValueError(f"an exposure of {exposure_s} s")
        if self._there is None or self._setup is None:
            raise Fault(self.name, "it is not ready", _NOT_READY)
        if unfit := self._there.unfit_exposure(exposure_s):
            raise unfit
        try:
            self._ensure_rest(_ANSWER_S)
            self._begin(self._there.made_s(exposure_s), kind)
        except DeviceError as error:
            if not isinstance(error, InUse):
                self._drop()
            raise

    def read(self, timeout_s: float) -> Frame:
        """Wait for the exposure begun last and return its frame.

        Raises `NoReply` when the frame has not come within `timeout_s`, `BadReply` for one that is
        not what was asked for, or is lost, `Fault` where the camera failed, or its sensor is no
        longer at the temperature of `prepare`.
        """
        deadline = Deadline(timeout_s)
        exposure, there, setup = self._exposure, self._there, self._setup
        if exposure is None or there is None or setup is None:
            raise Fault(self.name, "no exposure was begun", "start one before reading it")
        try:
            Wait(self._client, exposure, self._sharing.given_up, deadline).until_ready()
            rows, cols = whole_frame(there, setup.binning)
            stored = download(self._client, rows, cols, granted_s(deadline))
            header = self._header(there, setup)
        except DeviceError:
            self._drop()
            raise
        self._exposure = None
        return StoredFrame(stored, header, exposure.exposure_s, exposure.started)

    def in_use(self, timeout_s: float) -> InUse | None:
        """Say what another program does with the camera now, None for nothing; touches nothing.

        Nobody uses a camera that is not connected.
        """
        deadline = Deadline(timeout_s)
        if not self._client.truth("connected", deadline.left_s):
            return None
        try:
            self._sharing.state(granted_s(deadline))
        except InUse as used:
            return used
        return None

    def take_over(self) -> None:
        """Let no other program's exposure stand in the way from now on."""
        self._sharing.take_over()

    def close(self) -> None:
        """Abort an exposure that is under way and let go of the camera; it stays connected."""
        is_exposing = self._exposure is not None
        self._drop()
        if is_exposing:
            with suppress(DeviceError):  # there is nobody left to let go of
                self._ensure_rest(_CLOSE_S)
        self._there = None
        self._client.close()

    def _begin(self, exposure_s: float, kind: FrameKind) -> None:
        client = self._client
        if (pause_s := self._sharing.pause_s(exposure_s)) > 0:
            time.sleep(pause_s)
        before = ready_before(client, _ANSWER_S)
        step_s = self._there.step_s if self._there else 0.0
        sent_s, sent = time.monotonic(), datetime.now(UTC)
        begun = Exposure(exposure_s, sent, sent_s, sent_s, step_s, before)
        self._exposure = begun
        self._sharing.begin(begun)
        form = {"Duration": exposure_s, "Light": kind is FrameKind.FLAT}
        try:
            client.put("startexposure", _ANSWER_S, **form)
        except (NoReply, Broken):
            # Some answer only later; then it says itself that it exposes.
            if optional(client.whole, "camerastate", _BACK_S) not in AT_WORK:
                raise
        took_s = time.monotonic() - sent_s
        # One that answers once the exposure is over has begun it at once.
        late_s = took_s / 2 if took_s < exposure_s else 0.0
        self._exposure = replace(
            begun, started=sent + timedelta(seconds=late_s), begun_s=sent_s + late_s
        )
        self._sharing.begin(self._exposure)

    def _header(self, there: Abilities, setup: CameraSetup) -> Header:
        temperature_c = celsius(self._client, _ANSWER_S)
        self._check_temperature(setup.temperature_c, temperature_c)
        return frame_header(there, setup.binning, self._e_per_adu, temperature_c)

    def _ensure_rest(self, timeout_s: float) -> None:
        """Abort an exposure that is under way, if it is ours; wait until the camera is at rest."""
        deadline = Deadline(timeout_s)
        state = self._sharing.state(granted_s(deadline))
        if state not in (*AT_WORK, FAILED):
            return
        order = self._there.aborts if self._there else ""
        if order:
            # It may end by itself meanwhile, or be reading out: what it reports counts. After an
            # exposure that failed some begin no other before this.
            with suppress(Fault, NoReply):
                self._client.put(order, granted_s(deadline))

        def look() -> bool | None:
            return None if self._sharing.state(granted_s(deadline)) in AT_WORK else True

        if poll(look, deadline) is None:
            what = f"did not stop its exposure within {timeout_s:g} s"
            raise NoReply(self.name, what, "restart its driver")

    def _drop(self) -> None:
        """Take it no longer for what it was; the frame of an exposure under way is not wanted."""
        exposure, self._exposure = self._exposure, None
        self._setup = None
        if exposure is not None:
            self._sharing.give_up(exposure)

    def _tell_temperature(self, temperature_c: float | None) -> None:
        self.tell(Progress(temperature_c=temperature_c))

    def _check_temperature(self, wanted_c: float | None, present_c: float | None) -> None:
        if wanted_c is None or present_c is None or abs(present_c - wanted_c) <= _DRIFTED_C:
            return
        what = f"is at {present_c:.1f} °C, and {wanted_c:g} °C is wanted"
        raise Fault(self.name, what, "can the cooler hold that, or has it lost its power?")
