"""`flatctl init`: a configuration to start from, made of the devices found."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from string import Template

from flatctl.app.devices import devices
from flatctl.devices.transports import FoundDevice, Role
from flatctl.errors import ConfigError, StorageError
from flatctl.settings.flats import Flats
from flatctl.settings.panels import PanelOptions
from flatctl.settings.tables import Camera, Output, Table
from flatctl.settings.toml import toml_comment, toml_value

_TEMPLATE = Template(Path(__file__).with_name("init.toml").read_text("utf-8"))

_WHEEL = "[wheel]\ndevice = {}\n"
_NO_WHEEL = '# [wheel]                    # no filter wheel was found\n# device = "Filter Wheel"\n'
_AXIS = "[{}]                    # only sets of `flatctl plan` move it\ndevice = {}\n\n"
_PANEL = "[panel]\nkind = {}\ndevice = {}\n"
_SERIAL_PANEL = (
    '[panel]\nkind = "alnitak"             # `flatctl devices --panels` lists the kinds\n'
    "port = {}{}\n"
)


def init(path: Path, host: str, port: int) -> str:
    """Write a commented configuration, filled in from the devices found; say what was found.

    Raises `ConfigError` where the file exists already, `StorageError` where it can't be written.
    """
    if path.exists():
        raise ConfigError(f"{path}: exists already; name another file or move that one away")
    listing = devices(host, port)
    found = [one for ones in listing.found.values() for one in ones]
    camera, wheel, panel = (_first(found, r) for r in (Role.CAMERA, Role.WHEEL, Role.PANEL))
    axes = {"rotator": _first(found, Role.ROTATOR), "focuser": _first(found, Role.FOCUSER)}
    ports = [path for path, _ in listing.serial_ports]
    flats = Flats()
    text = _TEMPLATE.substitute(
        host=toml_value(host),
        port=port,
        camera=toml_value(camera.name if camera else "CCD Simulator")
        + ("" if camera else "     # no camera was found: put its INDI device name here"),
        wheel=_WHEEL.format(toml_value(wheel.name)) if wheel else _NO_WHEEL,
        axes="".join(_AXIS.format(n, toml_value(one.name)) for n, one in axes.items() if one),
        panel=_panel_table(panel, ports),
        binning=_default(Camera, "binning"),
        settle_s=_default(PanelOptions, "settle_s"),
        count=flats.count,
        target=flats.target,
        tolerance=flats.tolerance,
        exposure_s=toml_value(flats.exposure_s.model_dump()),
        brightness=toml_value({"start": flats.brightness.start}),
        directory=toml_value(str(_default(Output, "directory"))),
    )
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise StorageError(f"{path}: can't be written: {error.strerror}") from error
    lines = [
        f"Wrote {path}.",
        f"camera: {camera.name if camera else 'none found'}",
        f"filter wheel: {wheel.name if wheel else 'none found'}",
        f"panel: {panel.name if panel else ports[0] if ports else 'none found'}",
        *(f"No {title} devices: {why}" for title, why in listing.problems.items()),
        f"Look it over, then: flatctl check {path}",
    ]
    return "\n".join(lines)


def _first(found: Iterable[FoundDevice], role: Role) -> FoundDevice | None:
    """Return the device of that role; one that is nothing else goes first."""
    fitting = sorted((d for d in found if role in d.roles), key=lambda d: len(d.roles))
    return fitting[0] if fitting else None


def _panel_table(panel: FoundDevice | None, ports: Sequence[str]) -> str:
    if panel:
        return _PANEL.format(toml_value(panel.transport), toml_value(panel.name))
    if ports:
        others = "   " + toml_comment(f"or {', '.join(ports[1:])}") if ports[1:] else ""
        return _SERIAL_PANEL.format(toml_value(ports[0]), others)
    return _SERIAL_PANEL.format('"/dev/ttyUSB0"', "        # no serial port was found")


def _default(table: type[Table], key: str) -> object:
    return table.model_fields[key].default
