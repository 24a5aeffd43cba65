"""A camera behind INDI."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime

from flatctl.core.types import CameraSetup, FrameKind
from flatctl.devices.deadline import Deadline
from flatctl.devices.indi.arrival import Arrival
from flatctl.devices.indi.client import IndiClient
from flatctl.devices.indi.connecting import connect
from flatctl.devices.indi.late_frames import Exposure, LateFrames
from flatctl.devices.indi.preparation import Preparation
from flatctl.devices.indi.registry import Registry
from flatctl.devices.indi.session import DeviceSession, IndiDevice, begin_anew
from flatctl.devices.protocols import CameraInfo, CameraState, Frame, StoredFrame
from flatctl.devices.transports import Role
from flatctl.errors import DeviceError, Fault

_CHIP = "CCD1"
_ANSWER_S = 10.0
_SIZE_S = 2.0
_CLOSE_S = 3.0
_DRIFTED_C = 1.5
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
        self._late = LateFrames()

    def open(self, timeout_s: float) -> CameraInfo:
        """Reach the camera, connect it if it is not connected, and say what it is.

        Raises `Unreachable` where the server or the device is not there, `Fault` where it does
        not connect or is no camera.
        """
        deadline = Deadline(timeout_s)
        self._session.drop()
        self._give_up_exposure()
        begin_anew(self._client)
        connect(self._client, self._device, Role.CAMERA, ("CCD_EXPOSURE", _CHIP), timeout_s)
        # The size is defined as zero at first and filled in later, by some only after a frame.
        left_s = min(_SIZE_S, deadline.left_s)
        self._client.wait_for(lambda r: self._size(r, "CCD_MAX_X"), left_s)
        return self._client.look(self._info)

    def prepare(self, setup: CameraSetup, timeout_s: float) -> CameraState:
        """Make it stand as `setup` wants, full frame, flat frames, and read everything back.

        Raises `Fault` where the camera lacks something that was asked for, refuses it, or
        reports another value afterwards.
        """
        deadline = Deadline(timeout_s)
        self._client.need(self._device, "CCD_EXPOSURE", timeout_s)
        self._session.drop()
        self._stop_exposure(deadline.left_s)
        self._client.receive_frames(self._device, _CHIP, True)
        state = Preparation(self._client, self._device, deadline).apply(setup)
        self._setup = setup
        self._session.take()
        return state

    def start(self, exposure_s: float, kind: FrameKind) -> None:
        """Begin an exposure and return at once.

        Raises `ValueError` for a length that is none, `Fault` for one the camera can't make, and
        where its driver was restarted or the connection renewed since `prepare`.
        """
        if not (math.isfinite(exposure_s) and exposure_s > 0):
            raise ValueError(f"an exposure of {exposure_s} s")
        self._session.check(_ANSWER_S)
        self._stop_exposure(_ANSWER_S)
        Preparation(self._client, self._device, Deadline(_ANSWER_S)).end_stream()
        wanted = _FRAME_TYPES[kind]
        types = self._client.find(self._device, "CCD_FRAME_TYPE")
        if types is not None and not types.chosen(wanted):
            self._client.set_switch(self._device, "CCD_FRAME_TYPE", wanted, _ANSWER_S)
        self._check_length(exposure_s)
        started, begun_s = datetime.now(UTC), time.monotonic()
        values = {"CCD_EXPOSURE_VALUE": exposure_s}
        since = self._client.send(self._device, "CCD_EXPOSURE", values, _ANSWER_S)
        self._exposure = Exposure(exposure_s, started, begun_s, since)

    def read(self, timeout_s: float) -> Frame:
        """Wait for the exposure begun last and return its frame.

        Raises `NoReply` when the frame has not come within `timeout_s`, `BadReply` for one that
        is not what was asked for, `Fault` where the driver failed, vanished or was disconnected,
        or the sensor is no longer at the temperature of `prepare`.
        """
        exposure = self._exposure
        if exposure is None:
            raise Fault(self._device, "no exposure was begun", "start one before reading it")
        arrival = Arrival(self._client, self._device, _CHIP, exposure, self._late)
        try:
            image = arrival.image(timeout_s)
            self._exposure = None
            self._late.arrive(exposure, image)
            self._check_temperature()
        except DeviceError:
            self._session.drop()
            raise
        made = StoredFrame if image.unsigned else Frame
        refused = tuple(arrival.refused)
        return made(image.pixels(), image.header, exposure.exposure_s, exposure.started, refused)

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

    def _give_up_exposure(self) -> None:
        exposure, self._exposure = self._exposure, None
        if exposure is not None:
            self._late.lose(exposure)

    def _stop_exposure(self, timeout_s: float) -> None:
        # Starting anew while one is under way makes some drivers hang, and frames late.
        exposing = self._client.find(self._device, "CCD_EXPOSURE")
        if exposing is None or exposing.state != "Busy":
            return
        deadline = Deadline(timeout_s)
        self._client.send(self._device, "CCD_ABORT_EXPOSURE", {"ABORT": True}, timeout_s)

        def idle(registry: Registry) -> bool | None:
            now = registry.find(self._device, "CCD_EXPOSURE")
            return None if now is not None and now.state == "Busy" else True

        if not self._client.wait_for(idle, deadline.left_s):
            what = f"did not stop its exposure within {timeout_s:g} s"
            raise self._client.silent(self._device, what, "restart its driver")

    def _check_length(self, exposure_s: float) -> None:
        known = self._client.find(self._device, "CCD_EXPOSURE")
        limits = known.elements.get("CCD_EXPOSURE_VALUE") if known else None
        if limits is not None and not limits.allows(exposure_s):
            what = f"can not expose {exposure_s:g} s"
            raise Fault(self._device, what, f"it allows {limits.min:g} to {limits.max:g} s")

    def _check_temperature(self) -> None:
        wanted_c = self._setup.temperature_c
        known = self._client.find(self._device, "CCD_TEMPERATURE")
        present_c = known.number("CCD_TEMPERATURE_VALUE") if known else None
        if wanted_c is None or present_c is None or abs(present_c - wanted_c) <= _DRIFTED_C:
            return
        what = f"is at {present_c:.1f} °C, and {wanted_c:g} °C is wanted"
        raise Fault(self._device, what, "can the cooler hold that, or has it lost its power?")

    def _size(self, registry: Registry, axis: str) -> int | None:
        info = registry.find(self._device, "CCD_INFO")
        return int((info.number(axis) if info else None) or 0) or None

    def _info(self, registry: Registry) -> CameraInfo:
        exposing = registry.find(self._device, "CCD_EXPOSURE")
        limits = exposing.elements.get("CCD_EXPOSURE_VALUE") if exposing else None
        bounded = limits is not None and limits.min < limits.max
        cfa = registry.find(self._device, "CCD_CFA")
        return CameraInfo(
            name=self._device,
            width_px=self._size(registry, "CCD_MAX_X"),
            height_px=self._size(registry, "CCD_MAX_Y"),
            bits=self._size(registry, "CCD_BITSPERPIXEL"),
            exposure_min_s=limits.min if limits and bounded else None,
            exposure_max_s=limits.max if limits and bounded else None,
            bayer=(cfa.text("CFA_TYPE") if cfa else None) or None,
        )
