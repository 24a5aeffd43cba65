"""What a scenario can be given besides, by name: the habits of real sensors, drivers and links.

`simulate osc+cmos+slow-link` is the rig `osc` with both. Figures of sensors are those that were
measured on public frames of such cameras.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from hardware_sims.habits import (
    BoxHabits,
    Format,
    Link,
    Mode,
    ModeSwitch,
    Place,
    WheelHabits,
)
from hardware_sims.odd_frames import OddFrames
from hardware_sims.pattern import Blemishes, Overscan, Tap
from hardware_sims.world import Filter, Scenario


@dataclass(frozen=True)
class Quirk:
    """A habit: its name, a line about it, and what it changes; some are known to INDI only."""

    name: str
    summary: str
    change: Callable[[Scenario], Scenario]
    indi_only: bool = False


def _sensor(**fields: object) -> Callable[[Scenario], Scenario]:
    return lambda rig: replace(rig, sensor=replace(rig.sensor, **fields))  # type: ignore[arg-type]  # because mypy can't pair names with types here


def _blemishes(**fields: object) -> Callable[[Scenario], Scenario]:
    def change(rig: Scenario) -> Scenario:
        more = replace(rig.sensor.blemishes, **fields)  # type: ignore[arg-type]  # because mypy can't pair names with types here
        return replace(rig, sensor=replace(rig.sensor, blemishes=more))

    return change


def _camera(**fields: object) -> Callable[[Scenario], Scenario]:
    return lambda rig: replace(rig, camera=replace(rig.camera, **fields))  # type: ignore[arg-type]  # because mypy can't pair names with types here


def _odd(*odd: OddFrames) -> Callable[[Scenario], Scenario]:
    return lambda rig: replace(rig, odd_frames=(*rig.odd_frames, *odd))


def _boxed(**fields: str) -> Callable[[Scenario], Scenario]:
    return lambda rig: replace(rig, box=BoxHabits(**fields), by_lightbox=True)  # type: ignore[arg-type]  # because mypy can't pair names with types here


def _called(*names: str) -> Callable[[Scenario], Scenario]:
    def change(rig: Scenario) -> Scenario:
        renamed = (
            Filter(name, each.throughput) for name, each in zip(names, rig.filters, strict=False)
        )
        return replace(rig, filters=tuple(renamed))

    return change


def _uncooled(habit: str) -> Callable[[Scenario], Scenario]:
    wanted = (("temperature_c", -10.0), ("temperature_timeout_s", 30.0))
    return lambda rig: replace(_camera(cooler=habit)(rig), camera_keys=wanted)


_CMOS = Blemishes(
    row_noise_frac=0.2,
    rows_frac=0.0011,
    cols_frac=0.0016,
    rows_adu=2.0,
    cols_adu=1.0,
    hot_frac=2.3e-4,
    hot_e_s=150.0,
)
_TAPS = (Tap(), Tap(0.012, 120.0), Tap(-0.004, 210.0), Tap(0.007, 352.0))
_FORMATS = {
    "rgb": Format("ASI_IMG_RGB24", "RGB 24", "rgb24"),
    "raw8": Format("ASI_IMG_RAW8", "Raw 8 bit", "raw8"),
    "jpeg": Format("FORMAT_JPEG", "JPEG", "jpeg"),
}
_RAW16 = Format("ASI_IMG_RAW16", "Raw 16 bit", "raw16")
_CONVERSION = ModeSwitch(
    "TC_CONVERSION_GAIN",
    "Conversion gain",
    (Mode("GAIN_LOW", "Low"), Mode("GAIN_HIGH", "High", conversion=3.0, read_noise=0.4)),
    card="CONVGAIN",
)
_LOW_NOISE = ModeSwitch(
    "TC_LOW_NOISE",
    "Low noise",
    (Mode("INDI_DISABLED", "Off"), Mode("INDI_ENABLED", "On", read_noise=0.7)),
    card="LOWNOISE",
)

SENSORS = (
    Quirk(
        "cmos",
        "a CMOS sensor as they are: row noise, fixed rows and columns, hot pixels, PRNU of 0.5 %",
        lambda rig: _sensor(blemishes=_CMOS)(
            replace(rig, optics=replace(rig.optics, prnu_frac=0.005))
        ),
    ),
    Quirk(
        "ccd",
        "a CCD read out by four taps, each with gain and level of its own, and with overscan",
        _sensor(
            taps=_TAPS,
            overscan=Overscan(left_px=12, right_px=12, level_adu=-40.0, edge_frac=0.005),
            blemishes=Blemishes(dead_cols=(-1,)),
        ),
    ),
    Quirk(
        "hot-lines",
        "two rows of the sensor are stuck at full scale, in the dark too",
        _blemishes(full_rows=(7, 20)),
    ),
    Quirk(
        "dead-lines",
        "a column and a row of the sensor are dead",
        _blemishes(dead_rows=(9,), dead_cols=(11,)),
    ),
    Quirk(
        "black-rows",
        "the read-out fails: the last third of every frame is black",
        _blemishes(black_frac=1 / 3),
    ),
    Quirk("12-bit", "12 bits that fill 16: full at 65520", _sensor(bits=12)),
    Quirk("14-in-16", "14 bits that fill 16: full at 65532", _sensor(bits=14)),
    Quirk("full-early", "nothing lies above 58000 of 65535", _sensor(white_adu=58_000)),
    Quirk(
        "pedestal-moves",
        "the shortest exposures have 700 ADU more without light than long ones",
        _sensor(pedestal_short_adu=700.0, pedestal_tau_s=0.3),
    ),
    Quirk("rounds", "exposures are made whole tenths of a second", _sensor(exposure_step_s=0.1)),
)
FRAMES = (
    Quirk("zero-frames", "every ninth frame is all zeros", _odd(OddFrames("zero", 3, 9))),
    Quirk("blank-frames", "every ninth frame has no light", _odd(OddFrames("blank", 3, 9))),
    Quirk("white-frames", "every ninth frame is full", _odd(OddFrames("white", 3, 9))),
    Quirk("torn-frames", "a third of every ninth frame is black", _odd(OddFrames("torn", 3, 9))),
    Quirk(
        "combed",
        "in exposures below 2 s each third column is black",
        _odd(OddFrames("combed", every=1, below_s=2.0)),
    ),
    Quirk(
        "twice", "every frame comes twice", _camera(link=Link(repeats_after_s=0.2)), indi_only=True
    ),
    Quirk(
        "slow-link",
        "from the fifth frame on each takes 13 s to come, even one that was aborted",
        _camera(link=Link(readout_s=13.0, fast_frames=4, delivers_aborted=True)),
    ),
)
DRIVERS = (
    Quirk("claims-12", "the driver claims 12 bits, whatever comes", _camera(bits_claimed=12)),
    *(
        Quirk(
            name,
            f"another program left the capture format at {left.label}",
            _camera(formats=(left, _RAW16)),
            indi_only=True,
        )
        for name, left in _FORMATS.items()
    ),
    Quirk(
        "live-view",
        "the camera streams a live view once it is connected",
        _camera(streaming=True),
        indi_only=True,
    ),
    Quirk(
        "vendor-names",
        "gain and offset go by the vendor's names; conversion gain and low noise can be chosen",
        _camera(
            gain=Place("CCD_CONTROLS", "TC_GAIN", "Gain"),
            offset=Place("CCD_CONTROLS", "TC_OFFSET", "Offset"),
            modes=(_CONVERSION, _LOW_NOISE),
        ),
        indi_only=True,
    ),
    Quirk(
        "odd-cards",
        "headers have cards that FITS does not know: NaN, a decimal comma, no quotes",
        _camera(
            cards=(
                "AIRMASS =                  NaN",
                "FOCUSTEM= -10,02",
                "OBJECT  = M 31",
                "CONTINUE",
            )
        ),
        indi_only=True,
    ),
    Quirk("unpadded", "files end with their last pixel", _camera(unpadded=True), indi_only=True),
    Quirk("clock-ahead", "the camera's clock is two hours ahead", _camera(clock_off_s=7200.0)),
    Quirk(
        "says-light", "headers call every frame a light", _camera(kind_told="Light"), indi_only=True
    ),
    Quirk("chinese", "the filters are named 红 绿 蓝", _called("红", "绿", "蓝")),
    Quirk("cyrillic", "the filters have Russian names", _called("Красный", "Зелёный", "Синий")),
    Quirk("greek", "the filters are named Hα and Hβ", _called("Hα", "Hβ")),
    Quirk(
        "wheel-off",
        "until it is turned, the wheel stands two slots after the one that it says",
        lambda rig: replace(rig, wheel=WheelHabits(slots_off=2)),
    ),
    Quirk("no-cooler", "the cooler has no power: it takes orders", _uncooled("unpowered")),
    Quirk("no-thermometer", "the driver says -300 °C", _uncooled("blind")),
    Quirk(
        "echo",
        "drivers answer a switch with what they were sent, so that on and off are both on",
        lambda rig: replace(rig, echoing=True, by_lightbox=True),
        indi_only=True,
    ),
    Quirk("no-lamp", "the light box refuses to light up", _boxed(light="refused")),
    Quirk(
        "open-lamp",
        "the light box takes no order while its cap is open, and opens with the light on",
        _boxed(light="needs_cover"),
    ),
    Quirk("jammed-cap", "the cap of the light box refuses to move", _boxed(cover="refuses")),
    Quirk("alert-cap", "the cap moves, and its driver says Alert", _boxed(cover="alerts")),
)
QUIRKS = {quirk.name: quirk for quirk in (*SENSORS, *FRAMES, *DRIVERS)}
