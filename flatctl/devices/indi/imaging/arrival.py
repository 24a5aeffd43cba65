"""The wait for the frame of an exposure: what comes, and what of it is believed."""

from __future__ import annotations

import math
import mmap
import time

from flatctl.devices.deadline import Deadline
from flatctl.devices.indi.imaging.late_frames import Doubt, Exposure, LateFrames
from flatctl.devices.indi.imaging.preparation import format_remedy
from flatctl.devices.indi.imaging.sharing import Sharing
from flatctl.devices.indi.wire.client import LOG, IndiClient
from flatctl.devices.indi.wire.registry import Blob, Property, Registry
from flatctl.errors import BadReply, DeviceError, Fault, Unfit
from flatctl.fits.header import OtherFormat
from flatctl.fits.pixels import StoredImage, decode

_GRACE_S = 5.0
_LONGEST_TIMES = 3.0
_ROUNDED_PX = 16
# How far the exposure in a header may be from that asked for. Many write two digits only.
_SAME_FRAC, _COARSE_DIGITS, _COARSEST_S, _FINE_S = 0.05, 2, 0.00501, 0.001
# How files begin that drivers have been seen to call FITS.
_OTHER_FILES = {
    b"\xff\xd8\xff": "JPEG",
    b"XISF0100": "XISF",
    b"II*\0": "TIFF or camera raw",
    b"MM\0*": "TIFF or camera raw",
    b"\x1f\x8b": "compressed",
    b"\x89PNG": "PNG",
}


class Arrival:
    """The frame of `exposure`, from the camera `device`, among those that come as its `chip`.

    `refused` are the frames that came and were not believed, as errors to be told of.
    """

    def __init__(
        self,
        client: IndiClient,
        device: str,
        chip: str,
        exposure: Exposure,
        late: LateFrames,
        sharing: Sharing,
    ) -> None:
        self.refused: list[DeviceError] = []
        self.is_over = False  # the exposure, though its frame was of no use
        self._client = client
        self._device = device
        self._chip = chip
        self._exposure = exposure
        self._late = late
        self._sharing = sharing
        self._grace: Deadline | None = None  # from when the driver says that the exposure is over
        self._candidate: tuple[StoredImage, Doubt] | None = None  # put by for want of a better one
        self._timed_out = False
        # Whether what is reported, and what comes, may be of other exposures as well.
        self._others = late.may_come
        self._verdict: DeviceError | None = None  # why nothing better is waited for
        self._rounded: tuple[float, float] | None = None  # what was made, of what was asked for
        self._clock_alone = False  # only the time in its header spoke against what was refused last

    def image(self, timeout_s: float) -> StoredImage:
        """Return it.

        Raises `NoReply` when it has not come within `timeout_s`, or as long as late frames have
        shown that it takes, up to three times that; `BadReply` for one that is not what was asked
        for, `Fault` where the driver failed, vanished or was disconnected, `Unfit` where it sends
        another format than is read, or makes the same other exposure once more.
        """
        deadline, longest = Deadline(timeout_s), Deadline(_LONGEST_TIMES * timeout_s)
        while (blob := self._next(deadline, longest)) is not None:
            try:
                image = self._decode(blob)
                self._check(image)
            except ValueError as error:
                # It may be of an earlier exposure, and the right one still to come.
                self._refuse(f"sent a wrong frame: {error}")
                continue
            finally:
                blob.close()
            if self._believes(image, blob.arrived_s):
                self._await_end(deadline)
                return image
        return self._what_is_left()

    def _next(self, deadline: Deadline, longest: Deadline) -> Blob | None:
        left_s = max(deadline.left_s, self._left_s(self._late.readout_s))
        if self._candidate is not None and self._candidate[1].readout_s is not None:
            left_s = self._left_s(self._candidate[1].readout_s)
        came = self._client.wait_for(self._look, min(left_s, longest.left_s))
        self._timed_out = came is None
        return came[0] if came else None

    def _left_s(self, readout_s: float) -> float:
        """Return how long a frame may still take that comes `readout_s` after its exposure."""
        over_s = self._exposure.begun_s + self._exposure.exposure_s
        return max(0.0, over_s + readout_s - time.monotonic())

    def _believes(self, image: StoredImage, arrived_s: float) -> bool:
        """Say whether a frame is the one; put it by where that will be seen, or refuse it."""
        late, exposure = self._late, self._exposure
        doubt = late.doubt(exposure, image, arrived_s)
        if doubt is None or not doubt.certain:
            # Frames come in order: there is a better one than that which was put by.
            self._give_up_candidate()
            doubt = late.doubt(exposure, image, arrived_s)
        late.note(image)
        if doubt is None:
            return True
        if doubt.certain:
            self._others = True
            self._refuse_doubted(doubt)
        else:
            self._candidate = image, doubt
        return False

    def _look(self, registry: Registry) -> tuple[Blob | None] | None:
        """Return the next frame in a tuple, with none in it where no more is waited for."""
        exposing = self._exposing(registry)
        if blob := registry.take_frame(self._device, self._chip, self._exposure.since):
            return (blob,)
        if in_use := self._sharing.exposing_in(registry):
            raise in_use
        if exposing.serial <= self._exposure.since or exposing.state == "Busy":
            return None
        if self._verdict is not None:
            return (None,)
        self._grace = self._grace or Deadline(_GRACE_S)
        if self._others:
            return None
        if self._candidate is not None and self._candidate[1].settled_by_rest:
            return (None,)
        came = self.refused or self._candidate or exposing.state == "Idle"
        return (None,) if came and self._grace.over else None

    def _what_is_left(self) -> StoredImage:
        """Return the frame that is believed for want of a better one; raise where there is none."""
        if self._candidate is not None:
            image, doubt = self._candidate
            if self._grace or not doubt.settled_by_rest:
                return image
            self._give_up_candidate()
        if self._verdict is not None:
            self.is_over = not self._timed_out
            raise self._verdict
        if self.refused:
            self._late.rounded = self._rounded
            if self._clock_alone:
                self._late.distrust_clock()
            last = self.refused[-1]
            raise BadReply(self._device, last.what, "take the frame again")
        if not self._timed_out:
            what = "ended the exposure without a frame"
            raise Fault(self._device, what, "does another program use the camera?")
        what = f"sent no frame of {self._exposure.exposure_s:g} s in time"
        since = self._exposure.since
        remedy = "its driver or the INDI server may hang"
        raise self._client.silent(self._device, what, remedy, since=since)

    def _give_up_candidate(self) -> None:
        if self._candidate is not None:
            (_, doubt), self._candidate = self._candidate, None
            self._refuse_doubted(doubt)

    def _refuse_doubted(self, doubt: Doubt) -> None:
        self._late.refuse(doubt)
        self._refuse(f"sent a frame of another exposure: {doubt.reason}")
        self._clock_alone = doubt.by_clock

    def _refuse(self, what: str) -> None:
        self.refused.append(BadReply(self._device, what, "the right one was waited for"))
        self._clock_alone = False

    def _exposing(self, registry: Registry) -> Property:
        exposure = self._exposure
        device = registry.devices.get(self._device)
        if device is None or device.born > exposure.since:
            raise Fault(self._device, "its driver died during the exposure", LOG)
        exposing = device.properties.get("CCD_EXPOSURE")
        if exposing is None:
            raise Fault(self._device, "it was disconnected during the exposure", LOG)
        if exposing.alerted > exposure.since:
            what = f"failed to expose {exposure.exposure_s:g} s"
            raise self._client.refusal(self._device, exposure.since, what)
        return exposing

    def _await_end(self, deadline: Deadline) -> None:
        # The frame and the Ok come in either order; drivers that forget the Ok are forgiven.
        def look(registry: Registry) -> bool | None:
            now = self._exposing(registry)
            if self._sharing.exposing_in(registry):
                return True  # ours is over, and another one has begun
            return True if now.serial > self._exposure.since and now.state != "Busy" else None

        self._client.wait_for(look, min(_GRACE_S, deadline.left_s))

    def _decode(self, blob: Blob) -> StoredImage:
        if blob.fault:
            what = f"sent a frame that did not arrive whole: {blob.fault}"
            self._verdict = BadReply(self._device, what, "take the frame again")
            raise ValueError(blob.fault)
        if blob.format != ".fits":
            self._never(f"sends {blob.format or 'nameless'} files instead of FITS")
            raise ValueError(f"it has format {blob.format!r} instead of '.fits'")
        # Nobody closes it: it lasts as long as somebody looks at the pixels.
        content = mmap.mmap(blob.fd, blob.size, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ)
        for start, kind in _OTHER_FILES.items():
            if content[: len(start)] == start:
                self._never(f"sends {kind} files instead of FITS")
        try:
            return decode(content)
        except OtherFormat as error:
            self._never(f"sends frames that can't be used: {error}")
            raise

    def _never(self, what: str) -> None:
        """Give up waiting for a better one: a format does not change by itself."""
        self._verdict = Unfit(self._device, what, format_remedy(self._client, self._device))

    def _check(self, image: StoredImage) -> None:
        self._rounded = None
        wanted_s, said_s = self._exposure.exposure_s, image.header.real("EXPTIME")
        if said_s is not None and not _is_that_long(said_s, wanted_s):
            self._rounded = (wanted_s, said_s)
            if self._late.rounded == self._rounded:
                remedy = "list the exposures that it can make as flats.exposures_s"
                what = f"makes {said_s:g} s of {wanted_s:g} s"
                self._verdict = Unfit(self._device, what, remedy)
            raise ValueError(f"it was exposed {said_s:g} s instead of {wanted_s:g} s")
        frame = self._client.find(self._device, "CCD_FRAME")
        binning = self._client.find(self._device, "CCD_BINNING")
        rows, cols = image.data.shape
        for axis, there, factor in (("WIDTH", cols, "HOR_BIN"), ("HEIGHT", rows, "VER_BIN")):
            full = (frame.number(axis) if frame else None) or 0.0
            wanted = full / ((binning.number(factor) if binning else None) or 1.0)
            if wanted and abs(there - wanted) > _ROUNDED_PX:
                raise ValueError(f"it is {cols}×{rows} pixels, its {axis} should be {wanted:g}")


def _is_that_long(said_s: float, wanted_s: float) -> bool:
    """Say whether a header tells the exposure that was asked for, as far as its digits go."""
    _, _, digits = f"{said_s!r}".partition(".")
    unit_s = _COARSEST_S if len(digits) <= _COARSE_DIGITS else _FINE_S
    return math.isclose(said_s, wanted_s, rel_tol=_SAME_FRAC, abs_tol=unit_s)
