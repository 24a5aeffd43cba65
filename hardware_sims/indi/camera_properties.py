"""The properties of an INDI camera, under the names that every client knows."""

from typing import Any

from indipydriver import BLOBMember, BLOBVector

from hardware_sims.habits import CameraHabits
from hardware_sims.indi.cooler import AMBIENT_C, UNKNOWN_C
from hardware_sims.indi.driver import MAIN
from hardware_sims.indi.vectors import Number, button, choice, numbers, texts
from hardware_sims.sensor import Sensor

IMAGE = "Image Settings"
FRAME_KINDS = {
    "FRAME_LIGHT": "Light",
    "FRAME_BIAS": "Bias",
    "FRAME_DARK": "Dark",
    "FRAME_FLAT": "Flat",
}
WARMEST_C, COLDEST_C = 50.0, -50.0


def camera_properties(sensor: Sensor, habits: CameraHabits, folder: str) -> list[Any]:
    """Return all properties of a camera with that sensor, whose driver has these habits.

    `folder` is where frames go that the client wants kept on the camera's side.
    """
    return [
        *_exposing(sensor, habits),
        *_reading_out(sensor, habits),
        *([] if sensor.isos else _cooling(UNKNOWN_C if habits.cooler == "blind" else AMBIENT_C)),
        *_colours(sensor),
        *_choosing(habits),
        *_delivering(folder),
    ]


def _exposing(sensor: Sensor, habits: CameraHabits) -> list[Any]:
    exposure = Number(
        "CCD_EXPOSURE_VALUE",
        "Duration (s)",
        1,
        sensor.exposure_min_s,
        sensor.exposure_max_s,
        1,
        "%5.2f",
    )
    return [
        numbers("CCD_EXPOSURE", "Expose", MAIN, exposure),
        button("CCD_ABORT_EXPOSURE", "Abort", MAIN, "ABORT"),
        choice(
            "CCD_FRAME_TYPE",
            "Frame Type",
            IMAGE,
            "FRAME_LIGHT",
            **FRAME_KINDS,
        ),
        numbers(
            "CCD_INFO",
            "CCD Information",
            "Image Info",
            Number("CCD_MAX_X", "Max. Width", sensor.width_px, 1, 16000),
            Number("CCD_MAX_Y", "Max. Height", sensor.height_px, 1, 16000),
            Number("CCD_PIXEL_SIZE", "Pixel size (um)", sensor.pixel_um, 1, 40, 0, "%.2f"),
            Number("CCD_PIXEL_SIZE_X", "Pixel size X", sensor.pixel_um, 1, 40, 0, "%.2f"),
            Number("CCD_PIXEL_SIZE_Y", "Pixel size Y", sensor.pixel_um, 1, 40, 0, "%.2f"),
            Number("CCD_BITSPERPIXEL", "Bits per pixel", habits.bits_claimed, 8, 64),
            perm="ro",
        ),
    ]


def _reading_out(sensor: Sensor, habits: CameraHabits) -> list[Any]:
    width, height = sensor.width_px, sensor.height_px
    return [
        numbers(
            "CCD_FRAME",
            "Frame",
            IMAGE,
            Number("X", "Left", 0, 0, width - 1),
            Number("Y", "Top", 0, 0, height - 1),
            Number("WIDTH", "Width", width, 1, width),
            Number("HEIGHT", "Height", height, 1, height),
        ),
        button("CCD_FRAME_RESET", "Frame Values", IMAGE, "RESET"),
        numbers(
            "CCD_BINNING",
            "Binning",
            IMAGE,
            Number("HOR_BIN", "X", 1, 1, sensor.binning_max, 1),
            Number("VER_BIN", "Y", 1, 1, sensor.binning_max, 1),
        ),
        *_amplifying(sensor, habits),
    ]


def _amplifying(sensor: Sensor, habits: CameraHabits) -> list[Any]:
    if sensor.isos:
        speeds = {f"ISO{place}": str(iso) for place, iso in enumerate(sensor.isos)}
        return [choice("CCD_ISO", "ISO", IMAGE, "ISO0", **speeds)]
    gain, offset = habits.gain, habits.offset
    kept = {
        gain: Number(gain.element, gain.label, sensor.gain, 0, sensor.gain_max, 1),
        offset: Number(offset.element, offset.label, sensor.offset, 0, sensor.offset_max, 1),
    }
    return [
        numbers(
            vector,
            "Controls" if gain.vector == offset.vector else place.label,
            MAIN,
            *(number for where, number in kept.items() if where.vector == vector),
        )
        for vector, place in {gain.vector: gain, offset.vector: offset}.items()
    ]


def _choosing(habits: CameraHabits) -> list[Any]:
    """Return what another program may have left as it liked it: format, modes, a live view."""
    vectors = [
        choice(
            each.vector,
            each.label,
            MAIN,
            each.modes[0].element,
            **{mode.element: mode.label for mode in each.modes},
        )
        for each in habits.modes
    ]
    if habits.formats:
        labels = {each.element: each.label for each in habits.formats}
        first = habits.formats[0].element
        vectors.append(choice(habits.formats_in, "Format", IMAGE, first, **labels))
    if habits.streaming:
        members = {"STREAM_ON": "Stream On", "STREAM_OFF": "Stream Off"}
        vectors.append(
            choice("CCD_VIDEO_STREAM", "Video Stream", "Streaming", "STREAM_ON", **members)
        )
    return vectors


def _colours(sensor: Sensor) -> list[Any]:
    if sensor.bayer is None:
        return []
    pattern = {"CFA_OFFSET_X": "0", "CFA_OFFSET_Y": "0", "CFA_TYPE": sensor.bayer}
    return [texts("CCD_CFA", "Bayer Info", "Image Info", **pattern)]


def _cooling(ambient_c: float) -> list[Any]:
    return [
        numbers(
            "CCD_TEMPERATURE",
            "Temperature",
            MAIN,
            Number(
                "CCD_TEMPERATURE_VALUE",
                "Temperature (C)",
                ambient_c,
                COLDEST_C,
                WARMEST_C,
                0,
                "%5.2f",
            ),
        ),
        choice("CCD_COOLER", "Cooler", MAIN, "COOLER_OFF", COOLER_ON="ON", COOLER_OFF="OFF"),
    ]


def _delivering(folder: str) -> list[Any]:
    return [
        choice(
            "UPLOAD_MODE",
            "Upload",
            "Options",
            "UPLOAD_CLIENT",
            UPLOAD_CLIENT="Client",
            UPLOAD_LOCAL="Local",
            UPLOAD_BOTH="Both",
        ),
        texts(
            "UPLOAD_SETTINGS",
            "Upload Settings",
            "Options",
            UPLOAD_DIR=folder,
            UPLOAD_PREFIX="IMAGE_XXX",
        ),
        texts("CCD_FILE_PATH", "Filename", "Image Info", perm="ro", FILE_PATH=""),
        choice(
            "CCD_TRANSFER_FORMAT",
            "Encode",
            IMAGE,
            "FORMAT_FITS",
            FORMAT_FITS="FITS",
            FORMAT_NATIVE="Native",
        ),
        choice(
            "CCD_COMPRESSION",
            "Compression",
            IMAGE,
            "INDI_DISABLED",
            INDI_ENABLED="Enabled",
            INDI_DISABLED="Disabled",
        ),
        BLOBVector("CCD1", "Image Data", "Image Info", "ro", "Idle", [BLOBMember("CCD1", "Image")]),
    ]
