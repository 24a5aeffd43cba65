"""Words off a wire: bytes cut where one of them ends a word."""


class Words:
    """Cuts what comes off the wire into words that end in one of `ends`."""

    _LONGEST = 256

    def __init__(self, ends: bytes) -> None:
        self._ends = ends
        self._partial = b""

    def take(self, received: bytes) -> list[bytes]:
        """Return the words that are complete by now, without their ends, empty ones included."""
        words = []
        for byte in received:
            if byte in self._ends:
                words.append(self._partial)
                self._partial = b""
            else:
                self._partial = (self._partial + bytes([byte]))[-self._LONGEST :]
        return words
