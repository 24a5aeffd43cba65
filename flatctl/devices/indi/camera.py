"""A camera behind INDI."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from flatctl.core.types import CameraSetup, FilterPlan, FrameKind
from flatctl.devices.deadline import Deadline
from flatctl.devices.indi.connecting import connect
from flatctl.devices.indi.discovery import QUIET_S, SIDE_PX
from flatctl.devices.indi.imaging.arrival import Arrival
from flatctl.devices.indi.imaging.cooling import celsius
from flatctl.devices.indi.imaging.late_frames import Exposure, LateFrames
from flatctl.devices.indi.imaging.preparation import Preparation, abilities
from flatctl.devices.indi.imaging.sharing import Sharing
from flatctl.devices.indi.session import DeviceSession, IndiDevice, begin_anew
from flatctl.devices.indi.wire.client import IndiClient
from flatctl.devices.indi.wire.registry import Registry
from flatctl.devices.protocols import CameraInfo, CameraState, Frame, Progress, StoredFrame
from flatctl.devices.transports import Role
from flatctl.errors import DeviceError, Fault, InUse, Unfit

_CHIP = "CCD1"
_ANSWER_S = 10.0
_SIZE_S = 2.0
_UNKNOWN_S = 3.0
_CLOSE_S = 3.0
_DRIFTED_C = 1.5
# What can be true of a camera, and in what it is counted.
_COUNTS = {
    "CCD_MAX_X": (SIDE_PX, "pixels across"),
    "CCD_MAX_Y": (SIDE_PX, "pixels down"),
    "CCD_BITSPERPIXEL": (range(8, 33), "bits per pixel"),
}
_FRAME_TYPES = {FrameKind.FLAT: "FRAME_FLAT", FrameKind.DARK_FLAT: "FRAME_DARK"}


class IndiCamera(IndiDevice):
    """A camera behind INDI, by its device name.

    After any `DeviceError` it wants to be opened and prepared again: the driver may have been
    restarted, with all its settings back where they were.
    """

    def __init__(self, client: IndiClient, device: str) -> None:
        super().__init__(client, device)
        self._setup = CameraSetup()
        self._session = DeviceSession(client, device, "CCD_EXPOSURE", "open and prepare it again")
        self._exposure: Exposure | None = None
        self._refusal = ""  # what the last preparation failed of, where that was a refusal
        self._late = LateFrames()
        self._sharing = Sharing(client, device)

    def open(self, timeout_s: float) -> CameraInfo:
        """Reach the camera, connect it if it is not connected, and say what it is.

        Raises `Unreachable` where the server or the device is not there, `Fault` where it does
        not connect or is no camera.
        """
        deadline = Deadline(timeout_s)
        self._session.drop()
        self._give_up_exposure()
        begin_anew(self._client)
        needed = ("CCD_EXPOSURE", _CHIP)
        is_anew = connect(self._client, self._device, Role.CAMERA, needed, timeout_s)
        if is_anew:
            self._sharing.find_unconnected()
        # The size is defined as zero at first and filled in later, by some only after a frame.
        left_s = min(_SIZE_S, deadline.left_s)
        self._client.wait_for(lambda r: self._count(r, "CCD_MAX_X"), left_s)
        self._remark_nonsense()
        return self._client.look(self._info)

    def unfit(self, setup: CameraSetup, plan: FilterPlan) -> Sequence[Unfit]:
        """Return what of a setup and a plan the camera can't do; nothing where it isn't known."""
        there = abilities(self._client, self._device)
        if there.named("CCD_EXPOSURE") is None:
            return ()
        return (*there.unfit(setup), *there.unfit_plan(plan))

    def standing(self, setup: CameraSetup) -> tuple[CameraState, CameraState] | None:
        """Return how the camera stands, and how `setup` would make it; None where not known."""
        if abilities(self._client, self._device).named("CCD_EXPOSURE") is None:
            return None
        preparation = Preparation(self._client, self._device, Deadline(0.0))
        return preparation.state(setup), preparation.foreseen(setup)

    def prepare(self, setup: CameraSetup, timeout_s: float) -> CameraState:
        """Make it stand as `setup` wants, full frame, flat frames, and read everything back.

        Raises `Unfit` where the camera can't stand so, `Fault` where it refuses to, or reports
        another value afterwards.
        """
        deadline = Deadline(timeout_s)
        self._client.need(self._device, "CCD_EXPOSURE", timeout_s)
        self._session.drop()
        self._ensure_free()
        self._stop_exposure(deadline.left_s)
        self._client.receive_frames(self._device, _CHIP, True)
        state = self._applied(setup, deadline)
        self._sharing.end_stream()
        self._setup = setup
        self._session.take()
        return state

    def _applied(self, setup: CameraSetup, deadline: Deadline) -> CameraState:
        preparation = Preparation(self._client, self._device, deadline, self._tell_temperature)
        before, self._refusal = self._refusal, ""
        try:
            return preparation.apply(setup)
        except Fault as error:
            if error is preparation.refusal:
                # Once may be a mishap; the same once it was reached anew is its last word.
                self._refusal = str(error)
                if self._refusal == before:
                    raise Unfit(error.device, error.what, error.remedy) from error
            raise

    def start(self, exposure_s: float, kind: FrameKind) -> None:
        """Begin an exposure and return at once.

        Raises `ValueError` for a length that is none, `Fault` for one the camera can't make, and
        where its driver was restarted or the connection renewed since `prepare`.
        """
        if not (math.isfinite(exposure_s) and exposure_s > 0):
            raise ValueError(f"an exposure of {exposure_s} s")
        self._session.check(_ANSWER_S)
        self._ensure_free()
        self._stop_exposure(_ANSWER_S)
        for unfit in abilities(self._client, self._device).unfit_exposures([exposure_s]):
            raise unfit
        preparation = Preparation(self._client, self._device, Deadline(_ANSWER_S))
        preparation.end_stream()
        preparation.choose_type(_FRAME_TYPES[kind])
        started, begun_s = datetime.now(UTC), time.monotonic()
        values = {"CCD_EXPOSURE_VALUE": exposure_s}
        since = self._client.send(self._device, "CCD_EXPOSURE", values, _ANSWER_S)
        self._exposure = Exposure(exposure_s, started, begun_s, since)
        self._sharing.begin(self._exposure)

    def read(self, timeout_s: float) -> Frame:
        """Wait for the exposure begun last and return its frame.

        Raises `NoReply` when the frame has not come within `timeout_s`, `BadReply` for one that
        is not what was asked for, `Fault` where the driver failed, vanished or was disconnected,
        or the sensor is no longer at the temperature of `prepare`.
        """
        exposure = self._exposure
        if exposure is None:
            raise Fault(self._device, "no exposure was begun", "start one before reading it")
        arrival = Arrival(self._client, self._device, _CHIP, exposure, self._late, self._sharing)
        try:
            image = arrival.image(timeout_s)
            self._exposure = None
            self._late.arrive(exposure, image)
            self._check_temperature()
        except DeviceError as error:
            if arrival.is_over:
                self._exposure = None
            if not isinstance(error, Unfit):
                self._session.drop()
            raise
        made = StoredFrame if image.unsigned else Frame
        refused = tuple(arrival.refused)
        return made(image.pixels(), image.header, exposure.exposure_s, exposure.started, refused)

    def in_use(self, timeout_s: float) -> InUse | None:
        """Say what another program does with the camera now, None for nothing.

        Connects to the server at most: nobody uses a camera that is not connected.
        """
        deadline = Deadline(timeout_s)
        self._client.open(timeout_s)
        self._client.wait_for(self._has_introduced_itself, min(_UNKNOWN_S, deadline.left_s))
        return self._sharing.in_use()

    def _has_introduced_itself(self, registry: Registry) -> bool | None:
        known = registry.devices.get(self._device)
        return True if known and time.monotonic() - known.defined_s >= QUIET_S else None

    def take_over(self) -> None:
        """Let no other program's exposure stand in the way from now on."""
        self._sharing.take_over()

    def put_back(self, timeout_s: float) -> None:
        """Put back the settings that were found; the sensor keeps its temperature.

        Waits for an exposure of somebody else's that is soon over. Raises `Fault` that names what
        stays changed.
        """
        deadline, found = Deadline(timeout_s), self._client.as_found
        if not found.knows(self._device):
            return
        self._client.open(timeout_s)
        self._client.need(self._device, "CCD_EXPOSURE", deadline.left_s)
        self._session.drop()
        used = self._client.look(self._sharing.exposing_in)
        too_long = used is not None and (used.left_s or 0.0) > deadline.left_s
        if self._exposure is not None and used is None:
            self._give_up_exposure()
            self._stop_exposure(deadline.left_s)
        elif too_long or not self._await_rest(deadline.left_s) or self._sharing.in_use():
            what = "is not as it was found, and another program uses it"
            raise Fault(self._device, what, "once that is done: flatctl safe")
        left = found.put_back(self._client, self._device, deadline.left_s)
        if left:
            what = f"is not as it was found: {', '.join(left)}"
            raise Fault(self._device, what, "set that in its driver, as you want it")

    def close(self) -> None:
        """Abort an exposure that is under way and let go of the camera; it stays connected."""
        if self._session.identity is None and self._exposure is None:
            return
        self._session.drop()
        self._give_up_exposure()
        try:
            self._stop_exposure(_CLOSE_S)
            self._client.receive_frames(self._device, _CHIP, False)
        except DeviceError:
            return  # there is nobody left to let go of

    def _ensure_free(self) -> None:
        if in_use := self._sharing.in_use():
            raise in_use

    def _give_up_exposure(self) -> None:
        exposure, self._exposure = self._exposure, None
        if exposure is not None:
            self._late.lose(exposure)

    def _stop_exposure(self, timeout_s: float) -> None:
        # Starting anew while one is under way makes some drivers hang, and frames late.
        if in_use := self._client.look(self._sharing.exposing_in):
            raise in_use
        exposing = self._client.find(self._device, "CCD_EXPOSURE")
        if exposing is None or exposing.state != "Busy":
            return
        deadline = Deadline(timeout_s)
        self._client.send(self._device, "CCD_ABORT_EXPOSURE", {"ABORT": True}, timeout_s)
        if not self._await_rest(deadline.left_s):
            what = f"did not stop its exposure within {timeout_s:g} s"
            raise self._client.silent(self._device, what, "restart its driver")

    def _await_rest(self, timeout_s: float) -> bool:
        def rest(registry: Registry) -> bool | None:
            now = registry.find(self._device, "CCD_EXPOSURE")
            return None if now is not None and now.state == "Busy" else True

        return self._client.wait_for(rest, timeout_s) is not None

    def _tell_temperature(self, temperature_c: float | None) -> None:
        self.tell(Progress(temperature_c=temperature_c))

    def _check_temperature(self) -> None:
        wanted_c = self._setup.temperature_c
        present_c = celsius(self._client.find(self._device, "CCD_TEMPERATURE"))
        if wanted_c is None or present_c is None or abs(present_c - wanted_c) <= _DRIFTED_C:
            return
        what = f"is at {present_c:.1f} °C, and {wanted_c:g} °C is wanted"
        raise Fault(self._device, what, "can the cooler hold that, or has it lost its power?")

    def _count(self, registry: Registry, name: str) -> int | None:
        info = registry.find(self._device, "CCD_INFO")
        return info.count(name, _COUNTS[name][0]) if info else None

    def _remark_nonsense(self) -> None:
        """Say which of its figures can't be true; they count as unknown."""
        info = self._client.find(self._device, "CCD_INFO")
        for name, (allowed, unit) in _COUNTS.items():
            said = info.said(name) if info else ""
            # Zero is said until it is known.
            if info is not None and said not in ("", "0") and info.count(name, allowed) is None:
                self._client.remark(self._device, f"says it has {said} {unit}: taken as unknown")

    def _info(self, registry: Registry) -> CameraInfo:
        exposing = registry.find(self._device, "CCD_EXPOSURE")
        limits = exposing.elements.get("CCD_EXPOSURE_VALUE") if exposing else None
        cfa = registry.find(self._device, "CCD_CFA")
        return CameraInfo(
            name=self._device,
            width_px=self._count(registry, "CCD_MAX_X"),
            height_px=self._count(registry, "CCD_MAX_Y"),
            bits=self._count(registry, "CCD_BITSPERPIXEL"),
            exposure_min_s=limits.min if limits else None,
            exposure_max_s=limits.max if limits else None,
            bayer=(cfa.text("CFA_TYPE") if cfa else None) or None,
        )
