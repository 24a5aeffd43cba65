"""The table [panel]: one model per kind of panel, told apart by `kind`.

A new kind is a class here, with its `kind` as a `Literal`, and a row in `flatctl.devices.catalog`.
"""

import re
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from flatctl.settings.alpaca import device_of, is_alpaca
from flatctl.settings.tables import Table

PANEL_MODELS: dict[str, type["PanelOptions"]] = {}


class PanelOptions(Table):
    """What every kind of panel has."""

    kind: str
    settle_s: float = Field(default=0.5, ge=0, le=600)
    """Seconds to wait after each change of brightness before exposing; default: what `flatctl
    calibrate` has measured (10 at most), else 0.5."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Enter a model that names its kind."""
        super().__pydantic_init_subclass__()
        kind = cls.model_fields["kind"].annotation
        if get_origin(kind) is Literal:
            PANEL_MODELS[get_args(kind)[0]] = cls


class CoverOptions(PanelOptions):
    """What every panel with a motorised cover has."""

    cover_at_end: Literal["leave", "closed", "open"] = "leave"
    """Where the cover is left at the end, once the light is out: as it is, closed or open. Nothing
    happens where the panel has no cover."""


class SerialOptions(PanelOptions):
    """What every panel on a serial line has."""

    port: str = Field(min_length=1)
    """Device file or any pyserial URL, e.g. /dev/ttyUSB0 or socket://host:port."""
    boot_delay_s: float = Field(default=2.0, ge=0, le=60)
    """Seconds of silence granted after opening; Arduino boards restart then."""


class AlnitakLine(SerialOptions, CoverOptions):
    """How commands are spelled and the modem lines stand."""

    terminator: Literal["cr", "lf"] = "cr"
    """What ends a command; some look-alikes want lf."""
    filler: Literal["000", "OOO"] = "000"
    """The three characters of commands without a value."""
    rts: bool = False
    """Level of the RTS line; genuine units want it low."""
    dtr: bool = True
    """Level of the DTR line; Leonardo boards want it high."""


class AlnitakOptions(AlnitakLine):
    """Alnitak Flat-Man, Flip-Flat and Remote Dust Cover, and what speaks exactly like them."""

    kind: Literal["alnitak"]


class AlnitakArduinoOptions(AlnitakLine):
    """Boxes of your own with an Arduino that speaks as Alnitak's panels do."""

    kind: Literal["alnitak-arduino"]
    terminator: Literal["cr", "lf"] = "lf"
    """What ends a command; lf is understood by all known sketches."""


class ArteskyOptions(SerialOptions):
    """Artesky's USB flat box."""

    kind: Literal["artesky"]


class GeoptikOptions(SerialOptions):
    """Geoptik's flat field generator, unconfirmed; turn its own knob on and to full."""

    kind: Literal["geoptik"]


class DeepSkyDadOptions(SerialOptions, CoverOptions):
    """Deep Sky Dad FP1 and FP2: brightness 0 to 4096, with a motorised cover."""

    kind: Literal["deepskydad"]


class FlatMasterOptions(SerialOptions):
    """Pegasus FlatMaster, the first model: brightness 0 to 200, unconfirmed."""

    kind: Literal["flatmaster"]


class FlatMasterWifiOptions(SerialOptions):
    """Pegasus FlatMaster WiFi on its USB port: brightness 0 to 100."""

    kind: Literal["flatmaster-wifi"]


class FlatMasterNeoOptions(SerialOptions, CoverOptions):
    """Pegasus FlatMaster Neo: brightness 0 to 100, with a motorised cap."""

    kind: Literal["flatmaster-neo"]
    baud: Literal[9600, 115200] = 9600
    """Speed of the line."""


class SnapCapOptions(SerialOptions, CoverOptions):
    """SnapCap: brightness 0 to 255, with a motorised cover."""

    kind: Literal["snapcap"]
    baud: Literal[9600, 38400] = 38400
    """Speed of the line; home-built ones talk at 9600."""


class WandererV3Options(SerialOptions, CoverOptions):
    """Wanderer Cover V3: brightness 1 to 255, unconfirmed, in a motorised cover."""

    kind: Literal["wanderer-v3"]


class WandererV4Options(SerialOptions, CoverOptions):
    """Wanderer Cover V4-EC and V4 Pro-EC: brightness 1 to 255, in a motorised cover."""

    kind: Literal["wanderer-v4"]


class DarkLightOptions(SerialOptions, CoverOptions):
    """DarkLight Cover/Calibrator: brightness from 1 to what the unit reports; some have a cover."""

    kind: Literal["darklight"]
    baud: Literal[9600, 19200, 38400, 57600, 115200] = 115200
    """Speed of the line, as the firmware was built with."""


class DarkSkyGeekOptions(SerialOptions):
    """DarkSkyGeek wireless flat panel: brightness 1 to 255."""

    kind: Literal["darkskygeek"]


class ExcaliburOptions(SerialOptions, CoverOptions):
    """RBF Excalibur: brightness 1 to 3000, in a motorised cover."""

    kind: Literal["excalibur"]


class GeminiOptions(SerialOptions, CoverOptions):
    """Gemini flat panels Rev1, Rev2, Lite and Pro: brightness 0 to 255; Lite has no cover."""

    kind: Literal["gemini"]
    model: Literal["auto", "rev1"] = "auto"
    """The newer models say what they are; rev1 saves the first one some seconds."""
    bank: Literal["low", "high"] | None = None
    """Range of light, with Rev2 and Lite; default: the one it is in. `panel_bank` sets it for one
    filter."""


class GiottoOptions(SerialOptions, CoverOptions):
    """PrimaLuceLab GIOTTO: brightness from 1 to what the unit reports; an ALTO may carry it."""

    kind: Literal["giotto"]
    alto_port: str | None = Field(default=None, min_length=1)
    """Port of the ALTO that carries the light; default: there is none."""


def _indi_name(device: str) -> str:
    if is_alpaca(device):
        raise PydanticCustomError("sense", 'is a device behind Alpaca; set kind = "alpaca"')
    return device


class IndiOptions(CoverOptions):
    """Any light box behind the INDI server."""

    kind: Literal["indi"]
    device: Annotated[str, Field(min_length=1), AfterValidator(_indi_name)]
    """INDI device name of the light box."""


class AlpacaOptions(CoverOptions):
    """Any cover calibrator behind ASCOM Alpaca: brightness from 1 to what the device reports."""

    kind: Literal["alpaca"]
    device: Annotated[str, Field(min_length=1), device_of("panel", only=True)]
    """Address of the cover calibrator: alpaca://HOST[:PORT]/covercalibrator/0."""


Weight = Annotated[float, Field(ge=0, le=1)]


_PLACE = re.compile(r"(\[[0-9A-Fa-f:]+\]|[^:\s]+):([0-9]{1,5})")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{12,64}")


def _tint(weights: tuple[float, float, float]) -> tuple[float, float, float]:
    if not any(weights):
        raise PydanticCustomError("sense", "one weight at least must be above 0, or it stays dark")
    return weights


def _place(listen: str) -> str:
    place = _PLACE.fullmatch(listen)
    if place is None or int(place[2]) > 65535:
        raise PydanticCustomError(
            "sense", 'must be "ADDRESS:PORT", port 0 to 65535, e.g. "0.0.0.0:8765"'
        )
    return listen


def _token(token: str) -> str:
    if token and not _TOKEN.fullmatch(token):
        raise PydanticCustomError("sense", "must be 12 to 64 letters, digits, - or _")
    return token


Tint = Annotated[tuple[Weight, Weight, Weight], Field(strict=False), AfterValidator(_tint)]


class ScreenOptions(PanelOptions):
    """Any laptop, tablet or phone: a page that flatctl serves fills its screen with light."""

    kind: Literal["screen"]
    listen: Annotated[str, AfterValidator(_place)] = "0.0.0.0:8765"
    """Address and port on this computer where the page is served; 0.0.0.0: the whole local network,
    port 0: any free one."""
    tint: Tint = (1.0, 1.0, 1.0)
    """Weights of red, green and blue; balances the channels of a colour camera."""
    token: Annotated[str, AfterValidator(_token)] = ""
    """Secret in the page's address, at least 12 letters or digits; default: a new random one each
    time. A fixed one can be kept as a bookmark."""
    wait_s: float = Field(default=300.0, ge=0, le=3600)
    """Seconds granted, at the start, for opening the page on the screen."""


class ManualOptions(PanelOptions):
    """A fixed light that somebody else switches; only the exposure is adjusted."""

    kind: Literal["manual"]


if TYPE_CHECKING:
    PanelSettings = PanelOptions
else:
    PanelSettings = Annotated[reduce(or_, PANEL_MODELS.values()), Field(discriminator="kind")]
