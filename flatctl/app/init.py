"""`flatctl init`: a configuration to start from, made of the devices found."""

import os
from collections.abc import Sequence
from pathlib import Path
from string import Template

from flatctl.app.devices import devices
from flatctl.devices.transports import PLAIN, FoundDevice, Role, by_likelihood
from flatctl.errors import ConfigError
from flatctl.settings.flats import Flats
from flatctl.settings.panels import PanelOptions
from flatctl.settings.tables import Camera, Output, Table
from flatctl.settings.toml import toml_comment, toml_value
from flatctl.storage.atomic import storage_error

_TEMPLATE = Template(Path(__file__).with_name("init.toml").read_text("utf-8"))

_WHEEL = "[wheel]\n{}"
_NO_WHEEL = '# [wheel]                    # no filter wheel was found\n# device = "Filter Wheel"\n'
_NO_CAMERA = '# device = "CCD Simulator"   # no camera was found: its INDI device name goes here'
_AXIS = "[{}]                    # only sets of `flatctl plan` move it\n{}\n\n"
_PANEL = "[panel]\nkind = {}\n{}\n"
_SERIAL_PANEL = (
    '[panel]\nkind = "alnitak"             # `flatctl devices --panels` lists the kinds\n'
    "port = {}{}\n"
)
_NO_PANEL = (
    "[panel]                      # no panel and no USB serial port was found{}\n"
    '# kind = "alnitak"           # `flatctl devices --panels` lists the kinds\n'
    '# port = "/dev/serial/by-id/..."\n'
)
# What boards have soldered in; panels come on USB, and say what they are.
_ON_BOARD = "n/a"


def init(path: Path, host: str, port: int, alpaca: Sequence[tuple[str, int]] = ()) -> str:
    """Write a commented configuration, filled in from the devices found; say what was found.

    Raises `ConfigError` where the file exists already, `StorageError` where it can't be written.
    """
    if os.path.lexists(path):
        raise ConfigError(f"{path}: exists already; name another file or move that one away")
    listing = devices(host, port, alpaca)
    found = [one for ones in listing.found.values() for one in ones]
    cameras = by_likelihood(found, Role.CAMERA)
    wheels = by_likelihood(found, Role.WHEEL)
    panel = next(iter(by_likelihood(found, Role.PANEL)), None)
    mounts = by_likelihood(found, Role.MOUNT)
    axes = {
        name: next(iter(by_likelihood(found, role)), None)
        for name, role in (("rotator", Role.ROTATOR), ("focuser", Role.FOCUSER))
    }
    ports = [path for path, description in listing.serial_ports if description != _ON_BOARD]
    on_board = [path for path, description in listing.serial_ports if description == _ON_BOARD]
    flats = Flats()
    text = _TEMPLATE.substitute(
        indi=_indi_table(host, port, found),
        camera=_device_lines(cameras, "is this the imaging camera?") or _NO_CAMERA,
        wheel=_WHEEL.format(_device_lines(wheels, "is this the wheel?") + "\n")
        if wheels
        else _NO_WHEEL,
        axes="".join(_AXIS.format(n, _device_lines([one], "")) for n, one in axes.items() if one),
        panel=_panel_table(panel, ports, on_board),
        mount=toml_comment(f"device = {toml_value(mounts[0].name if mounts else 'Mount')}"),
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
        raise storage_error(path, "writing", error) from error
    lines = [
        f"Wrote {path}.",
        _found("camera", cameras, "is the first the imaging camera?"),
        _found("filter wheel", wheels, "is the first the wheel of this rig?"),
        f"panel: {_called(panel) if panel else ports[0] if ports else 'none found'}",
        *(f"No {title} devices: {why}" for title, why in listing.problems.items()),
        f"Look it over, then: flatctl check {path}",
    ]
    return "\n".join(lines)


def _device_lines(found: Sequence[FoundDevice], question: str) -> str:
    """Return the line of the likeliest device, and those of the others as comments below it."""
    if not found:
        return ""
    first, *others = found
    is_called = f"   {toml_comment(_title(first))}" if first.title else ""
    lines = [f"device = {toml_value(first.name)}{is_called}"]
    for one in others:
        about = f" {_title(one)};" if one.title else ""
        about += " by its name it guides;" if one.guides else ""
        device = f"device = {toml_value(one.name)}"
        lines.append(toml_comment(f"{device}   # also there:{about} {question}"))
    return "\n".join(lines)


def _indi_table(host: str, port: int, found: Sequence[FoundDevice]) -> str:
    """Return the table of the INDI server; as a comment where all that was found is elsewhere."""
    lines = ["[indi]", f"host = {toml_value(host)}", f"port = {port}"]
    if found and all(one.transport != PLAIN for one in found):
        lines = [toml_comment(line) for line in lines]
    return "\n".join(lines)


def _title(one: FoundDevice) -> str:
    return f"{one.title}, UniqueID {one.unique_id}" if one.unique_id else one.title


def _called(one: FoundDevice) -> str:
    return f"{one.name} ({one.title})" if one.title else one.name


def _found(what: str, found: Sequence[FoundDevice], question: str) -> str:
    names = ", ".join(_called(one) + (" (guides)" if one.guides else "") for one in found)
    return f"{what}: {names or 'none found'}" + (f": {question}" if len(found) > 1 else "")


def _panel_table(panel: FoundDevice | None, ports: Sequence[str], on_board: Sequence[str]) -> str:
    if panel:
        return _PANEL.format(toml_value(panel.transport), _device_lines([panel], ""))
    if ports:
        others = "   " + toml_comment(f"or {', '.join(ports[1:])}") if ports[1:] else ""
        return _SERIAL_PANEL.format(toml_value(ports[0]), others)
    return _NO_PANEL.format(f"; on board: {', '.join(on_board)}" if on_board else "")


def _default(table: type[Table], key: str) -> object:
    return table.model_fields[key].default
