"""What every panel on a serial line does when the line or the panel fails, in virtual time."""

from contextlib import suppress

import pytest

from flatctl.errors import BadReply, DeviceError, Fault, NoReply, Unreachable

# A call may end this much after its time-out: the last slices of waiting.
MARGIN_S = 0.1
SHORT_S = 0.2
ENOUGH_S = 3.0

COMMANDS = {
    "set_brightness": lambda panel: panel.set_brightness(100, SHORT_S),
    "light_off": lambda panel: panel.light_off(SHORT_S),
    "status": lambda panel: panel.status(SHORT_S),
}
CHANGING = ("set_brightness", "light_off")

SURVIVED = {
    "a dropped byte": {"drop_bytes": 1},
    "a garbled reply": {"garble_replies": 1},
    "two garbled replies": {"garble_replies": 2},
    "one byte at a time": {"byte_gap_s": 0.004},
    "late replies": {"late_s": 0.05},
    "answers that end in CR LF": {"ending": b"\r\n"},
    "answers that end in LF": {"ending": b"\n"},
}
FATAL = {
    "silent for ever": ({"silent": True}, NoReply),
    "deaf for ever": ({"deaf": True}, NoReply),
    "garbled for ever": ({"garble_replies": 10**6}, BadReply),
}


def suffer_for_ever(bench, wire, fault):
    if fault == "deaf for ever" and bench.talks:
        pytest.skip("left out: it goes on telling its state, deaf or not; its wire tests have this")
    suffer(wire, FATAL[fault][0])


def suffer(wire, faults):
    for name, value in faults.items():
        setattr(wire.faults, name, value)


def last_command(bench, wire):
    """Return what reached the panel last, once it has read what is on its way."""
    bench.built[-1].close()
    return b"".join(content for way, content in wire.traffic if way == ">")[-len(bench.off) :]


@pytest.mark.parametrize("fault", SURVIVED)
def test_lighting_survives(bench, wire, light, fault):
    panel = bench.opened()
    suffer(wire, SURVIVED[fault])
    panel.set_brightness(100, ENOUGH_S)
    assert (light.lit, light.brightness) == (True, 100)


@pytest.mark.parametrize("fault", SURVIVED)
def test_putting_out_survives(bench, wire, light, fault):
    panel = bench.opened()
    panel.set_brightness(100, ENOUGH_S)
    suffer(wire, SURVIVED[fault])
    panel.light_off(ENOUGH_S)
    assert not light.lit


@pytest.mark.parametrize("fault", SURVIVED)
def test_opening_survives(bench, wire, fault):
    suffer(wire, SURVIVED[fault])
    assert len(bench.panel().open(ENOUGH_S)) > 1


def test_with_bytes_lost_at_random_an_accepted_brightness_is_the_real_one(bench, wire, light):
    if not bench.confirms:
        pytest.skip("left out: it never tells its brightness back")
    panel = bench.opened()
    wire.faults.loss_frac = 0.02
    for brightness in (3, 60, 100):
        with suppress(DeviceError):
            panel.set_brightness(brightness, 0.7)
            assert (light.lit, light.brightness) == (True, brightness)


def test_opening_survives_a_board_that_starts_anew(bench, wire):
    wire.faults.boot_silence_s = 0.3
    # The tries share the time: the first is lost, the second comes after the silence.
    assert len(bench.panel().open(1.5)) > 1


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("fault", FATAL)
def test_a_fatal_fault_ends_in_time_with_the_right_error(bench, wire, fault, command):
    panel = bench.opened()
    suffer_for_ever(bench, wire, fault)
    begin_s = bench.clock.monotonic()
    with pytest.raises(FATAL[fault][1]):
        COMMANDS[command](panel)
    assert bench.clock.monotonic() - begin_s < SHORT_S + MARGIN_S


@pytest.mark.parametrize("command", CHANGING)
@pytest.mark.parametrize("fault", ["silent for ever", "garbled for ever"])
def test_after_a_fatal_fault_light_off_is_the_last_that_reached_the_panel(
    bench, wire, fault, command
):
    panel = bench.opened()
    panel.set_brightness(10, ENOUGH_S)
    suffer(wire, FATAL[fault][0])
    with pytest.raises(DeviceError):
        COMMANDS[command](panel)
    assert last_command(bench, wire) == bench.off


@pytest.mark.parametrize("fault", ["silent for ever", "garbled for ever"])
def test_after_a_fatal_fault_the_light_is_off(bench, wire, light, fault):
    panel = bench.opened()
    panel.set_brightness(10, ENOUGH_S)
    suffer(wire, FATAL[fault][0])
    with pytest.raises(DeviceError):
        panel.set_brightness(100, SHORT_S)
    assert last_command(bench, wire) == bench.off
    assert not light.lit


@pytest.mark.parametrize("fault", ["silent for ever", "deaf for ever"])
def test_a_panel_that_never_spoke_is_unreachable(bench, wire, fault):
    suffer_for_ever(bench, wire, fault)
    with pytest.raises(Unreachable, match="nobody answers"):
        bench.panel().open(SHORT_S)


def test_a_panel_of_another_make_is_a_bad_reply_that_quotes_it(bench, wire):
    wire.panel.reply = lambda _received: b"GPGGA,4807.038,N\r\n"
    with pytest.raises(BadReply, match="GPGGA"):
        bench.panel().open(SHORT_S)


def test_another_device_that_speaks_alike_is_a_bad_reply(bench, rename):
    rename()
    with pytest.raises(BadReply, match=r"answered by|it says"):
        bench.panel().open(SHORT_S)


def test_a_brightness_that_the_panel_cuts_is_a_fault_and_the_light_is_off(bench, clamp, light):
    panel = bench.opened()
    clamp(60)
    with pytest.raises(Fault, match="asked for brightness 100, it says 60"):
        panel.set_brightness(100, ENOUGH_S)
    assert last_command(bench, bench.wire) == bench.off
    assert not light.lit


@pytest.mark.parametrize("command", COMMANDS)
def test_a_pulled_cable_is_unreachable(bench, wire, command):
    panel = bench.opened()
    wire.pull_cable()
    with pytest.raises(Unreachable):
        COMMANDS[command](panel)


def test_a_pulled_cable_is_noticed_at_once(bench, wire):
    panel = bench.opened()
    wire.pull_cable()
    begin_s = bench.clock.monotonic()
    with pytest.raises(Unreachable):
        panel.set_brightness(100, 30.0)
    assert bench.clock.monotonic() - begin_s < MARGIN_S


def test_a_cable_that_is_back_works_after_closing_and_opening(bench, wire, light):
    panel = bench.opened()
    wire.pull_cable()
    with pytest.raises(Unreachable):
        panel.light_off(SHORT_S)
    wire.plug_in()
    panel.close()
    panel.open(ENOUGH_S)
    panel.set_brightness(100, ENOUGH_S)
    assert (light.lit, light.brightness) == (True, 100)


def test_messages_name_the_kind_and_the_port(bench, wire):
    wire.faults.silent = True
    with pytest.raises(DeviceError) as caught:
        bench.panel().open(0.2)
    assert bench.kind in str(caught.value).lower()
    assert wire.path in str(caught.value)
