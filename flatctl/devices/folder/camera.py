"""A folder of pictures as a camera: the person takes them, this waits for the file.

The first picture says what camera it is, and how it stands. After that a picture counts where it
has the exposure that was asked for and is of the same camera, ISO speed and size; of any other it
is said what differs, and the next one is waited for. Nothing is copied, moved or deleted.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from flatctl.core.pixels.channels import PATTERNS
from flatctl.core.shutter import THIRDS, Ladder, ladder_of, speed_of
from flatctl.core.types import CameraSetup, FrameKind
from flatctl.devices.folder.arrivals import Arrivals
from flatctl.devices.folder.picture import Look, sixteen_bits, unfit, whole
from flatctl.devices.protocols import CameraInfo, CameraState, Frame, Progress
from flatctl.errors import Unfit
from flatctl.fits.header import Header, NotReadable
from flatctl.images.facts import Facts, Format, Image, Missing
from flatctl.images.reading import read_image
from flatctl.images.times import began

PATIENCE_S = 3600.0
"""How long a person may take for a picture."""
POLL_S = 0.5
_BESIDE_S = 10.0  # within which a raw file comes after its JPEG
_REST = 4.0  # times what a look through the folder takes
# Exposures this near (a ratio, or in seconds) are the same: files round them.
_SAME, _SAME_S = 1.02, 0.001
_FIRST = "take a first picture: mode M, RAW, with the ISO, focus and aperture of your lights"


class FolderCamera:
    """Whatever camera puts its pictures into `folder`, obeying `flatctl.devices.protocols.Camera`.

    `first` is a picture that is there already and tells what camera it is; without one that is
    waited for. Where that `counts` it is the first frame as well. `say` tells the person something
    before anybody listens, `sleep` and `monotonic` are the time that it goes by.
    """

    def __init__(
        self,
        folder: Path,
        *,
        sleep: Callable[[float], None],
        monotonic: Callable[[], float],
        say: Callable[[str], None],
        wish: str = "",
        first: Path | None = None,
        counts: bool = False,
    ) -> None:
        # Until a run listens.
        self.tell: Callable[[Progress], None] = lambda told: say(told.words) if told.words else None
        self._arrivals = Arrivals(folder, monotonic)
        self._sleep, self._monotonic = sleep, monotonic
        self._wish = wish + _FIRST
        self._counts = counts
        self._first_path = first
        self._first: Image | None = None
        self._kept: tuple[Path, Image] | None = None
        self._look: Look | None = None
        self._digests: dict[str, Path] = {}
        self._given: set[Path] = set()
        self._wanted: tuple[float, FrameKind] | None = None
        self._jpeg_told = False
        self._alone_s = 0.0  # since when there is a JPEG and no raw file

    @property
    def name(self) -> str:
        """The name by which users know it: the camera's own, once it has told that."""
        return (self._look.camera if self._look else "") or f"camera of {self._arrivals.folder}"

    @property
    def facts(self) -> Facts:
        """What the first picture says of itself; valid once opened."""
        assert self._first is not None
        return self._first.facts

    @property
    def ladder(self) -> Ladder | None:
        """The speeds of its shutter, None where it takes any exposure; valid once opened."""
        facts = self.facts
        if facts.format is not Format.RAW and facts.iso is None:
            return None
        return (ladder_of(facts.exposure_s) if facts.exposure_s else None) or THIRDS

    def open(self, timeout_s: float) -> CameraInfo:  # noqa: ARG002 because a person takes longer
        """Wait for the first picture, and say what camera it is of."""
        if self._first is None:
            self._meet()
        first = self._first
        assert first is not None
        pattern = first.pattern if first.pattern in PATTERNS else None
        if first.pixels.dtype.kind == "f":  # they are stretched, and what was said of them is not
            return CameraInfo(self.name, bayer=pattern)
        return CameraInfo(
            self.name,
            bayer=pattern,
            full_scale_adu=first.full_scale_adu,
            pedestal_adu=max(first.black_adu.values(), default=None),
        )

    def prepare(self, setup: CameraSetup, timeout_s: float) -> CameraState:  # noqa: ARG002 because nothing is asked
        """Say how the camera stands, as the first picture has it.

        Raises `Unfit` where that is not what is wanted: only the person can set it.
        """
        facts = self.facts
        if setup.iso is not None and facts.iso is not None and facts.iso != setup.iso:
            what = f"its pictures have ISO {whole(facts.iso)}, and {setup.iso} is wanted"
            raise Unfit(self.name, what, "set it on the camera, and begin again")
        return CameraState(
            binning=int(facts.number("XBINNING") or 1),
            gain=facts.gain,
            offset=facts.number("OFFSET"),
            iso=None if facts.iso is None else round(facts.iso),
            temperature_c=facts.number("CCD-TEMP"),
            set_temperature_c=facts.number("SET-TEMP"),
        )

    def start(self, exposure_s: float, kind: FrameKind) -> None:
        """Note what the next picture has to be; whoever watches tells the person."""
        self._wanted = exposure_s, kind

    def read(self, timeout_s: float) -> Frame:  # noqa: ARG002 because a person takes longer
        """Wait for a picture as it was asked for, and return it.

        Raises `Unfit` where nobody takes one.
        """
        assert self._wanted is not None
        kept, self._kept = self._kept, None
        if kept is not None and self._wanted[1] is FrameKind.FLAT and not self._wrong(kept[1]):
            return self._frame(*kept)
        while True:
            path, image = self._next()
            if not (wrong := self._wrong(image)):
                return self._frame(path, image)
            self._say(f"{path.name} {wrong}")

    def light_changed(self) -> None:
        """Take no picture that is there by now: it was taken in another light."""
        self._arrivals.forget()

    def close(self) -> None:
        """Forget what was asked for; the folder stays as it is."""
        self._wanted = None

    def _meet(self) -> None:
        """Learn from the first picture what camera it is."""
        self._arrivals.forget()
        image = self._known_first()
        if image is None:
            if not self._arrivals.is_there():
                self._say(f"{self._arrivals.folder} is not there yet: is the card in its reader?")
            self._say(self._wish[:1].upper() + self._wish[1:])
            path, image = self._next()
            self._kept = (path, image) if self._counts else None
        # Its facts are wanted as long as the run lasts, and not its pixels.
        self._first, self._look = replace(image, pixels=image.pixels[:0]), Look.of(image)

    def _known_first(self) -> Image | None:
        """Return the picture that was counted before; None where that tells nothing any more."""
        if self._first_path is None:
            return None
        try:
            return read_image(self._first_path)
        except (NotReadable, OSError):
            return None

    def _next(self) -> tuple[Path, Image]:
        """Wait for the next whole picture of one plane, whatever it is of."""
        until_s = self._monotonic() + PATIENCE_S
        idle = False
        while self._monotonic() < until_s:
            begun_s = self._monotonic()
            path = self._arrivals.next()
            if path is None:
                if not idle and not self._arrivals.has_some:
                    # Only now is it the person who is waited for.
                    self._wish_for()
                    idle = True
                self._say_of_pictures()
                # Whoever names a whole disk has it looked through, but not all the time.
                self._sleep(max(POLL_S, _REST * (self._monotonic() - begun_s)))
                continue
            if (image := self._whole(path)) is not None:
                return path, image
            idle = False
            until_s = self._monotonic() + PATIENCE_S
        raise Unfit(
            self.name,
            f"nobody has taken a picture for {PATIENCE_S / 60:.0f} min",
            "run the same command again to go on",
        )

    def _whole(self, path: Path) -> Image | None:
        """Return a picture that is fit to be judged; else say why it is not, or wait for it."""
        try:
            image = read_image(path)
            digest = hashlib.blake2b(path.read_bytes()).hexdigest()
        except Missing as missing:
            raise Unfit(self.name, f"{path.name}: {missing}") from missing
        except (NotReadable, OSError) as problem:
            if not self._arrivals.postpone(path):
                self._arrivals.done(path)
                self._say(f"{path.name} is not counted: {problem}")
            return None
        self._arrivals.done(path)
        before = self._digests.get(digest)
        if before is not None:
            return None  # copied, or renamed
        self._digests[digest] = path
        if path in self._given:
            self._say(
                f"{path.name} has replaced the picture before it: let the program that writes it "
                "give each a name of its own. Not counted"
            )
            return None
        if why := unfit(image):
            self._say(f"{path.name} is not counted: {why}")
            return None
        return image

    def _wrong(self, image: Image) -> str:
        """Return what of a picture is not as it was asked for, in words."""
        assert self._wanted is not None
        if self._look is not None and (differs := self._look.differs(Look.of(image))):
            return differs
        told, (asked_s, _) = image.facts.exposure_s, self._wanted
        if told is None or self._same(told, asked_s):
            return ""
        asked = self._written(asked_s)
        return f"has {self._written(told)} instead of {asked}: set {asked} and take it again"

    def _same(self, told_s: float, asked_s: float) -> bool:
        if (ladder := self.ladder) is not None and (speed := speed_of(asked_s, ladder)) is not None:
            return speed_of(told_s, ladder) == speed
        return abs(told_s - asked_s) <= max(_SAME_S, (_SAME - 1) * asked_s)

    def _written(self, exposure_s: float) -> str:
        speed = speed_of(exposure_s, self.ladder) if self.ladder else None
        return str(speed) if speed is not None else f"{exposure_s:.4g} s"

    def _frame(self, path: Path, image: Image) -> Frame:
        assert self._wanted is not None
        self._given.add(path)
        return Frame(
            sixteen_bits(image),
            Header(),
            self._wanted[0],
            began(path, image.facts),
            path=path,
        )

    def _say_of_pictures(self) -> None:
        """Say, once there are JPEGs and no raw file, that these are no use."""
        alone = self._arrivals.pictures and not self._arrivals.has_some and not self._digests
        now_s = self._monotonic()
        self._alone_s = (self._alone_s or now_s) if alone else 0.0
        if alone and not self._jpeg_told and now_s - self._alone_s >= _BESIDE_S:
            self._jpeg_told = True
            self._say("There is a JPEG: set the camera to RAW; JPEGs are not looked at")

    def _wish_for(self) -> None:
        """Tell that a picture is waited for, and what it has to be."""
        if self._wanted is None:
            return
        exposure_s, kind = self._wanted
        dark = " without light: cover the telescope" if kind is FrameKind.DARK_FLAT else ""
        words = f"Take a picture of {self._written(exposure_s)}{dark}"
        self.tell(Progress(words=words, for_person=True, picture=True))

    def _say(self, words: str) -> None:
        self.tell(Progress(words=words, for_person=True))
