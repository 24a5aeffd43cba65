"""What a simulated panel shines with."""

from typing import Protocol


class Light(Protocol):
    """The lamp that the simulated camera sees; `brightness` runs from 0 to `maximum`."""

    @property
    def lit(self) -> bool:
        """Whether it is on."""
        ...

    @property
    def brightness(self) -> int:
        """The step it shines at, or would shine at if it were on."""
        ...

    @property
    def maximum(self) -> int:
        """The highest step."""
        ...

    def set(self, *, lit: bool | None = None, brightness: int | None = None) -> None:
        """Change what is given, leave the rest; may be called from any thread."""
        ...
