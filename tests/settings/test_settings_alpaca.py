"""Addresses of devices behind Alpaca, as a configuration has them."""

import contextlib

import pytest
from config_builder import SMALLEST, WITH_WHEEL
from hypothesis import given
from hypothesis import strategies as st

from flatctl.settings.alpaca import TYPES, AlpacaUrl, parse

CAMERA = SMALLEST.replace("CCD Simulator", "{}")


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("alpaca://pi/camera/0", AlpacaUrl("pi", 11111, "camera", 0)),
        ("alpaca://pi:4567/camera/12", AlpacaUrl("pi", 4567, "camera", 12)),
        ("alpaca://192.168.1.20/focuser/0", AlpacaUrl("192.168.1.20", 11111, "focuser", 0)),
        ("alpaca://[::1]:32323/dome/0", AlpacaUrl("::1", 32323, "dome", 0)),
        ("alpaca://[FE80::1%25eth0]/dome/0", AlpacaUrl("fe80::1%eth0", 11111, "dome", 0)),
        ("alpaca://My-Panel.local./rotator/1", AlpacaUrl("my-panel.local.", 11111, "rotator", 1)),
        ("alpaca://sternwarte-süd/camera/0", AlpacaUrl("sternwarte-süd", 11111, "camera", 0)),
        ("ALPACA://PI/camera/0", AlpacaUrl("pi", 11111, "camera", 0)),
    ],
)
def test_an_address_is_host_port_type_and_number(text, url):
    assert parse(text) == url


@given(
    st.sampled_from(["pi", "a.b-c.de", "10.0.0.7", "::1", "fe80::7%eth1"]),
    st.integers(1, 65535),
    st.sampled_from(sorted(TYPES.values())),
    st.integers(0, 2**32 - 1),
)
def test_an_address_written_in_full_is_itself(host, port, kind, number):
    url = AlpacaUrl(host, port, kind, number)
    assert parse(str(url)) == url


@given(st.text())
def test_whatever_is_no_address_is_a_value_error_and_nothing_else(text):
    for each in (text, f"alpaca://{text}", f"alpaca://pi{text}", f"alpaca://pi/{text}"):
        with contextlib.suppress(ValueError):
            assert parse(str(parse(each))) == parse(each)


@pytest.mark.parametrize(
    ("device", "why"),
    [
        ("alpaca://pi/filterwheel/0", "is a filterwheel; [camera] takes a camera"),
        ("alpaca://pi/Camera/0", 'did you mean "alpaca://pi:11111/camera/0"?'),
        ("alpaca://pi/camera/0/", 'did you mean "alpaca://pi:11111/camera/0"?'),
        ("alpaca://pi:80/api/v1/camera/3/name", 'did you mean "alpaca://pi:80/camera/3"?'),
        ("alpaca://pi/camera", "must end in the device's type and number"),
        ("alpaca://pi/camera/", "must end in the device's type and number"),
        ("alpaca://pi/camera/x", "must end in the device's type and number"),
        ("alpaca://pi/camera/-1", "must end in the device's type and number"),
        ("alpaca://pi/camera/4294967296", "must end in the device's type and number"),
        ("alpaca://pi/camera/٣", "must end in the device's type and number"),
        ("alpaca://pi/camera/0/../../dome/0", "must end in the device's type and number"),
        ("alpaca://pi", "must end in the device's type and number"),
        ("alpaca://pi//camera/0", "must end in the device's type and number"),
        ("alpaca:///camera/0", "names no host"),
        ("alpaca://:11111/camera/0", "names no host"),
        ("alpaca:/pi/camera/0", "no address of an Alpaca device"),
        ("alpaca://pi/camera/0?ClientID=1", "leave out '?ClientID=1'"),
        ("alpaca://pi/camera/0#top", "leave out '#top'"),
        ("alpaca://pi:0/camera/0", "port 0: must be from 1 to 65535"),
        ("alpaca://pi:/camera/0", "port missing: must be from 1 to 65535"),
        ("alpaca://pi:99999/camera/0", "port 99999: must be from 1 to 65535"),
        ("alpaca://pi:http/camera/0", "'pi:http' is no HOST or HOST:PORT"),
        ("alpaca://::1/camera/0", "an IPv6 address goes in brackets"),
        ("alpaca://[::g]/camera/0", "[::g] is no IPv6 address"),
        ("alpaca://[::1/camera/0", "'[::1' is no HOST or HOST:PORT"),
        ("alpaca://a b/camera/0", "'a b' is no host name"),
        ("alpaca://a..b/camera/0", "'a..b' is no host name"),
        (f"alpaca://{'a' * 64}/camera/0", "is no host name"),
    ],
)
def test_a_wrong_address_is_refused_with_key_value_and_remedy(config, device, why):
    said = config.complaint(CAMERA.format(device))
    assert said.startswith('rig.toml: camera.device = "alpaca:')
    assert why in said


@pytest.mark.parametrize(("table", "kind"), TYPES.items())
def test_each_table_takes_devices_of_its_type_alone(config, table, kind):
    wrong = "camera" if kind != "camera" else "dome"
    camera = "" if table == "camera" else '[camera]\ndevice = "C"\n'
    panel = 'kind = "alpaca"\n' if table == "panel" else ""
    rest = "" if table == "panel" else '[panel]\nkind = "manual"\n'
    named = f'[{table}]\n{panel}device = "alpaca://pi/{wrong}/0"\n'
    said = config.complaint(f"{camera}{named}{rest}")
    assert said.startswith(f"rig.toml: {table}.device = ")
    assert f'is a {wrong}; [{table}] takes a {kind}, like "alpaca://HOST/{kind}/0"' in said


def test_a_password_in_an_address_is_refused_and_not_shown(config):
    said = config.complaint(CAMERA.format("alpaca://me:hunter2@pi/camera/0"))
    assert "rig.toml: camera.device: has a name or password in it" in said
    assert "hunter2" not in said


def test_an_address_may_come_from_the_environment(config):
    settings = config.load(SMALLEST, FLATCTL_CAMERA__DEVICE="alpaca://pi/camera/0")
    assert settings.camera.device == "alpaca://pi/camera/0"


def test_a_wrong_one_from_the_environment_is_told_by_its_variable(config):
    said = config.complaint(SMALLEST, FLATCTL_CAMERA__DEVICE="alpaca://pi/dome/0")
    assert said.startswith("environment variable FLATCTL_CAMERA__DEVICE = ")


def test_every_wrong_address_of_a_file_is_told_at_once(config):
    text = WITH_WHEEL.replace("CCD Simulator", "alpaca://pi").replace("Filter Sim", "alpaca:/")
    assert len(config.complaint(text).splitlines()) == 2


def test_any_other_name_is_left_to_indi(config):
    for name in ("Alpaca Camera", "alpaca", "alpaca: 1", "ASCOM://x"):
        assert config.load(CAMERA.format(name)).camera.device == name


PANEL = '[camera]\ndevice = "C"\n[panel]\nkind = "{}"\ndevice = "{}"\n'


def test_a_panel_behind_alpaca_is_an_address(config):
    url = "alpaca://[::1]/covercalibrator/2"
    assert config.load(PANEL.format("alpaca", url)).panel.device == url


def test_a_panel_behind_alpaca_is_no_plain_name(config):
    said = config.complaint(PANEL.format("alpaca", "Light Box"))
    expected = 'must be an Alpaca address, like "alpaca://HOST/covercalibrator/0"'
    assert said.startswith(f'rig.toml: panel.device = "Light Box": {expected}')


def test_a_panel_behind_indi_is_no_address(config):
    said = config.complaint(PANEL.format("indi", "alpaca://pi/covercalibrator/0"))
    assert said.endswith('is a device behind Alpaca; set kind = "alpaca"')


def test_a_panel_of_ascom_is_one_behind_alpaca(config):
    assert "did you mean 'alpaca'" in config.complaint(PANEL.format("ascom", "x"))
