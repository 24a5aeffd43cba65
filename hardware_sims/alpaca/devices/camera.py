"""The simulated camera as an Alpaca device."""

from datetime import datetime
from functools import partial

from hardware_sims.alpaca.devices.amplifiers import GAINS, OFFSETS, Amplifier, by_name
from hardware_sims.alpaca.devices.cooler import Cooler
from hardware_sims.alpaca.devices.device import (
    INVALID_OPERATION,
    INVALID_VALUE,
    Device,
    Refusal,
    Stage,
    must_lie_within,
    truth,
    whole,
)
from hardware_sims.alpaca.devices.exposures import Exposures, Taken
from hardware_sims.alpaca.images import Image
from hardware_sims.pattern import Window
from hardware_sims.world import SensorSetting

NAME = "Sim CCD"
_MONOCHROME, _COLOUR, _RGGB = 0, 1, 2
_BAYER_OFFSETS = {"RGGB": (0, 0), "GRBG": (1, 0), "GBRG": (0, 1), "BGGR": (1, 1)}


class AlpacaCamera(Device):
    """A cooled camera without a shutter, watching the world."""

    kind, versions = "camera", (3, 4)

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage, NAME)
        stage.world.prime()
        self._sensor, self._habits = stage.world.scenario.sensor, stage.world.scenario.camera
        self._exposures = Exposures(stage)
        self._set = {
            "BinX": 1,
            "BinY": 1,
            "StartX": 0,
            "StartY": 0,
            "NumX": self._sensor.width_px,
            "NumY": self._sensor.height_px,
        }
        self._mode, self._fast = 0, False
        self._about_sensor()
        self._reading_out()
        self._amplifying()
        self._exposing()
        self._cooler = Cooler(self, stage, self._habits.cooler, cools=not self._sensor.isos)

    def stop(self) -> None:
        """Forget the exposure that is under way, and the last frame."""
        self._exposures.drop()

    def _about_sensor(self) -> None:
        sensor, habits = self._sensor, self.stage.habits
        full = (1 << int(self._habits.bits_claimed)) - 1
        self.tell(
            cameraxsize=sensor.width_px,
            cameraysize=sensor.height_px,
            pixelsizex=sensor.pixel_um,
            pixelsizey=sensor.pixel_um,
            maxbinx=sensor.binning_max,
            maxbiny=sensor.binning_max,
            maxadu=full if habits.max_adu is None else habits.max_adu,
            fullwellcapacity=sensor.full_well_e,
            electronsperadu=lambda: sensor.e_per_adu(self._gain.value),
            sensorname="SIM",
            exposuremin=sensor.exposure_min_s,
            exposuremax=sensor.exposure_max_s,
            exposureresolution=sensor.exposure_step_s,
            canasymmetricbin=True,
            canabortexposure=True,
            canstopexposure=True,
            canpulseguide=False,
            hasshutter=False,
        )
        self.lack(
            "ispulseguiding",
            "subexposureduration",
            orders=("pulseguide", "subexposureduration"),
        )
        if sensor.bayer is None:
            self.tell(sensortype=_MONOCHROME)
            self.lack("bayeroffsetx", "bayeroffsety")
        else:
            across, down = _BAYER_OFFSETS[sensor.bayer]
            self.tell(sensortype=_RGGB, bayeroffsetx=across, bayeroffsety=down)
        if habits.planes:
            self.tell(sensortype=_COLOUR)

    def _reading_out(self) -> None:
        for key in self._set:
            self.tell(**{key.lower(): partial(self._set.__getitem__, key)})
            self.take(key.lower(), partial(self._shape, key), **{key: whole})
        if self.stage.habits.fast_readout:
            self.tell(canfastreadout=True, fastreadout=lambda: self._fast)
            self.take("fastreadout", self._choose_fast, FastReadout=truth)
            self.lack("readoutmode", "readoutmodes", orders=("readoutmode",))
        else:
            names = [mode.label for mode in self.stage.habits.modes]
            self.tell(
                canfastreadout=False, readoutmode=lambda: self._mode, readoutmodes=lambda: names
            )
            self.take("readoutmode", self._choose_mode, ReadoutMode=whole)
            self.lack("fastreadout", orders=("fastreadout",))

    def _amplifying(self) -> None:
        sensor, habits = self._sensor, self.stage.habits
        if sensor.isos:
            speeds = {f"ISO {iso}": sensor.gain_of(iso) for iso in sensor.isos}
            first = sensor.gain_of(sensor.isos[0])
            self._gain = Amplifier(self, "gain", first, speeds, "list")
            self._offset: Amplifier | None = None
            self.lack("offset", "offsets", "offsetmin", "offsetmax", orders=("offset",))
            return
        gains = by_name(GAINS, sensor.gain_max, sensor.gain)
        offsets = by_name(OFFSETS, sensor.offset_max, sensor.offset)
        self._gain = Amplifier(self, "gain", sensor.gain, gains, habits.gains)
        self._offset = Amplifier(self, "offset", sensor.offset, offsets, habits.offsets)

    def _exposing(self) -> None:
        self.tell(
            camerastate=lambda: int(self._exposures.state),
            imageready=lambda: self._exposures.taken is not None,
            percentcompleted=lambda: int(100 * self._exposures.done_frac),
            lastexposureduration=lambda: self._taken().duration_s,
            lastexposurestarttime=lambda: _fits_time(self._taken().started),
            imagearray=self._image,
            imagearrayvariant=self._image,
        )
        self.take("startexposure", self._start, Duration=float, Light=truth)
        self.take("abortexposure", self._exposures.abort)
        self.take("stopexposure", self._exposures.stop)

    def _taken(self) -> Taken:
        if self._exposures.taken is None:
            raise Refusal(INVALID_OPERATION, "no frame has been taken")
        return self._exposures.taken

    def _image(self) -> Image:
        return self._taken().image

    def _shape(self, key: str, value: int) -> None:
        sensor = self._sensor
        highest = {"X": sensor.width_px, "Y": sensor.height_px}[key[-1]]
        limits = {
            "Bin": (1, sensor.binning_max),
            "Num": (1, highest),
            "Start": (0, highest - 1),
        }
        must_lie_within(key, value, *limits[key[:-1]])
        self._set[key] = value

    def _choose_mode(self, mode: int) -> None:
        must_lie_within("ReadoutMode", mode, 0, len(self.stage.habits.modes) - 1)
        self._mode = mode

    def _choose_fast(self, fast: bool) -> None:
        self._fast = fast

    def _start(self, duration_s: float, _light: bool) -> None:
        longest_s = self._sensor.exposure_max_s
        must_lie_within("Duration", duration_s, self._sensor.exposure_min_s, longest_s)
        for axis, size in (("X", self._sensor.width_px), ("Y", self._sensor.height_px)):
            first, count, by = (self._set[f"{key}{axis}"] for key in ("Start", "Num", "Bin"))
            if first + count > size // by:
                raise Refusal(INVALID_VALUE, f"the frame reaches beyond the sensor in {axis}")
        self._exposures.begin(duration_s, self._setting())

    def _setting(self) -> SensorSetting:
        across, down = self._set["BinX"], self._set["BinY"]
        left, width = self._set["StartX"] * across, self._set["NumX"] * across
        top, height = self._set["StartY"] * down, self._set["NumY"] * down
        mode = self.stage.habits.modes[self._mode]
        return SensorSetting(
            gain=self._gain.value,
            offset=self._offset.value if self._offset else 0.0,
            across=across,
            down=down,
            window=Window(left, top, width, height),
            temperature_c=self._cooler.temperature_c,
            conversion=mode.conversion,
            read_noise=mode.read_noise,
        )


def _fits_time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}"
