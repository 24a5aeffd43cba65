"""What `flatctl master` answers."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from flatctl.core.nights.masters import SKY_FRAMES_LEAST
from flatctl.core.types import FrameKind
from flatctl.errors import ExitCode
from flatctl.outputs import figures

_CLIPPED_FROM = 3


@dataclass(frozen=True)
class Master:
    """A master, or the `problem` for which there is none.

    `made` is false where it was there already. `subtracted` says what was taken from its flats.
    `noise` is that of one of its pixels: a fraction of the light, in dark flats ADU. Of flats of
    the sky there may be `too_few_for_stars` to be clipped.
    """

    kind: FrameKind
    filter: str | None
    frames: int
    path: Path | None = None
    made: bool = False
    subtracted: str = ""
    noise: float | None = None
    clipped_frac: float = 0.0
    too_few_for_stars: bool = False
    problem: str = ""

    def to_plain(self) -> dict[str, object]:
        """Return it as JSON can hold it."""
        path = None if self.path is None else str(self.path)
        return asdict(self) | {"kind": self.kind.value, "path": path}

    def line(self) -> str:
        """Say in one line what it is."""
        dark = self.kind is FrameKind.DARK_FLAT
        text = f"{self.path}: {figures.plural(self.frames, 'dark flat' if dark else 'flat')}"
        if self.subtracted:
            text += f", subtracted: {self.subtracted}"
        if self.noise is not None:
            noise = f"{self.noise:.2g} ADU" if dark else figures.percent(self.noise, 2)
            text += f"; noise {noise}, {self.clipped_frac:.2g} of the values clipped"
        if self.too_few_for_stars:
            text += f"; too few to clip stars, so it is their median: take {SKY_FRAMES_LEAST}"
        elif self.frames < _CLIPPED_FROM:
            text += "; too few to clip what doesn't belong"
        return text if self.made else f"{text} (was there already)"


@dataclass(frozen=True)
class MasterListing:
    """The masters of a folder, and what else lies in it.

    `skipped` are files that no use could be made of, each with why; `others` counts frames of
    other kinds. `damaged` tells whether a frame of flatctl's own is among the skipped.
    """

    skipped: Sequence[tuple[Path, str]]
    others: Mapping[str, int]
    damaged: bool
    masters: Sequence[Master]

    @property
    def exit_code(self) -> ExitCode:
        """`INCOMPLETE` where a frame is damaged or a set has no master."""
        incomplete = self.damaged or any(one.problem for one in self.masters)
        return ExitCode.INCOMPLETE if incomplete else ExitCode.COMPLETE
