"""Gemini's flat panels."""

from panel_bench import SerialFamily, stick_cover

from hardware_sims.serial_panels.gemini import GeminiTraits, SimulatedGemini


def unit(version: str, *, covered: bool = True, **options: object) -> SerialFamily:
    return SerialFamily(
        lambda light: SimulatedGemini(light, GeminiTraits(model=version, motor_s=0.1)),
        off=b">D000#" if version == "rev1" else b">D#",
        covered=covered,
        flips=covered,
        stick=stick_cover if covered else None,
        stranger={"product": 42} if version == "rev1" else {"name": b"GeminiFocuser"},
        options=options,
    )


BENCHES = {
    "gemini": {
        "rev2": unit("rev2", bank="high"),
        "rev1": unit("rev1", model="rev1"),
        "lite": unit("lite", covered=False, bank="low"),
        "pro": unit("pro"),
    }
}
