"""What real programs and Alnitak panels said to each other, held against driver and simulator."""

import pytest
from dialogue import recordings

from flatctl.devices.serial import alnitak
from hardware_sims.light import Light
from hardware_sims.serial_panels.alnitak import AlnitakTraits, SimulatedAlnitak

RECORDED = {name: pairs for name, pairs in recordings("alnitak").items() if pairs}
EXCHANGES = sorted({pair for pairs in RECORDED.values() for pair in pairs})
MOTOR_S = 3.0


def traits_of(name: str, pairs: list[tuple[bytes, bytes]]) -> AlnitakTraits:
    product = int(pairs[0][1][2:4])
    filler, ending = pairs[0][1][4:7], pairs[0][1][7:]
    stuck = 1 if "stuck" in name else 0
    return AlnitakTraits(
        product=product, filler=filler, ending=ending, motor_s=MOTOR_S, stuck_moves=stuck
    )


@pytest.mark.parametrize("name", RECORDED)
def test_the_simulator_answers_a_recorded_dialogue_byte_by_byte(name):
    now_s = 0.0
    pairs = RECORDED[name]
    panel = SimulatedAlnitak(Light(255, now=lambda: now_s), traits_of(name, pairs))
    answers = []
    for host, answer in pairs:
        answers.append(panel.reply(host))
        if answer.startswith(b"*S") and answer[4:5] == b"1":
            now_s += MOTOR_S
    assert answers == [answer for _, answer in pairs]


@pytest.mark.parametrize(("host", "answer"), EXCHANGES)
def test_the_driver_says_what_was_recorded(host, answer):
    letter = chr(host[1])
    brightness = int(host[2:5]) if letter == "B" else None
    said = alnitak.encode(letter, brightness, filler="000", terminator=b"\n")
    assert said == host


@pytest.mark.parametrize(("host", "answer"), EXCHANGES)
def test_the_driver_understands_what_was_recorded(host, answer):
    reply = alnitak.parse(answer, chr(host[1]))
    assert (reply.product, reply.value) == (int(answer[2:4]), answer[4:7].decode())
