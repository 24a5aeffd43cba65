"""What an Alpaca device answers where it does not do as asked.

Servers agree on few numbers (ASCOM Alpaca API Reference, version 12): what is not implemented, and
what is not connected. All others are told with the device's own text.
"""

from flatctl.errors import Fault

NOT_IMPLEMENTED, NOT_CONNECTED = 0x400, 0x407


class AlpacaFault(Fault):
    """The device answers with an error; `number` is Alpaca's, 0 where it has none."""

    def __init__(self, device: str, what: str, remedy: str = "", number: int = 0) -> None:
        super().__init__(device, what, remedy)
        self.number = number


class Lacking(AlpacaFault):
    """The device has no such member."""


def refusal(device: str, asked: str, number: int, text: str) -> AlpacaFault:
    """Return the error of an answer with an error number."""
    says = f": {text}" if text else ""
    match number:
        case 0x400:
            return Lacking(device, f"does not know {asked}{says}", "", number)
        case 0x407:
            what = f"is not connected to its hardware{says}"
            return AlpacaFault(device, what, "connect it in its own program", number)
    what = f"refuses {asked} (error 0x{number & 0xFFFFFFFF:X}){says}"
    return AlpacaFault(device, what, "" if text else "see its server's log", number)
