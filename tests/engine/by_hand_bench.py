"""A run by hand in virtual time: a person with a camera, the world before it, files in a folder."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC
from pathlib import Path

from astropy.io import fits
from bench import SMALL_PX, small
from dng_builder import write_dng

from flatctl import events
from flatctl.app.wiring.pictures import counted_in, for_camera
from flatctl.core.shutter import THIRDS, speed_of
from flatctl.core.types import CameraSetup, FilterPlan
from flatctl.devices.folder.camera import FolderCamera
from flatctl.devices.folder.filters import HandFilters
from flatctl.devices.manual import ManualPanel
from flatctl.devices.protocols import LightPanel
from flatctl.engine.job import Job
from flatctl.engine.rig import Rig, Timeouts
from flatctl.engine.run import Session
from flatctl.engine.stop import StopSignals
from flatctl.outputs.record import RunRecord
from flatctl.outputs.runfile import RunFile
from flatctl.storage.history import History
from flatctl.storage.in_place import FramesInPlace
from hardware_sims.clock import VirtualClock
from hardware_sims.fakes import FakeRig

NIGHT = "2026-11-22"
BURST_S = 0.8


class Moments(VirtualClock):
    """A clock that lets `live` act whenever somebody waits."""

    live: Callable[[], None] = staticmethod(lambda: None)

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.live()


class Person:
    """Does what is told: sets the shutter, and takes as many pictures as are wanted.

    `mistakes` change the n-th picture: what it is exposed with and told as. Pictures follow one
    another within `BURST_S`; each needs 2 s to be thought of first.
    """

    def __init__(self, fake: FakeRig, card: Path, *, shutter_s: float = 1 / 60) -> None:
        self.fake, self.card = fake, card
        self.shutter_s = shutter_s
        self.iso = 400
        self.jpegs = self.fits = False
        self.taken: list[Path] = []
        self.mistakes: dict[int, dict] = {}
        self.spoil: Callable[[Path, int], None] = lambda _path, _n: None
        self._due: list[float] = [2.0]
        self._wish: events.Exposing | None = None
        self.told: list[str] = []
        self.asked: list[str] = []

    def hear(self, event: events.Event, run: RunRecord) -> None:
        match event:
            case events.Exposing():
                self._wish = event
            case events.Waiting(what=events.Awaited(what=events.Preparation.ANOTHER)):
                self.told.append(event.says)
            case events.Waiting(what=events.Awaited(what=events.Preparation.PICTURE)):
                self.asked.append(event.says)
                if self._wish is not None:
                    self._take(self._wish, run)

    def _take(self, wish: events.Exposing, run: RunRecord) -> None:
        self.shutter_s = wish.exposure_s
        if not self.fits:
            self.shutter_s = speed_of(wish.exposure_s, THIRDS).nominal_s
        many = 1
        if wish.kind == "flat":
            many = max(run.of_event(wish).wanted - run.of_event(wish).on_disk, 1)
        start_s = self.fake.clock.monotonic() + 2.0
        self._due = self._due or [start_s + n * BURST_S for n in range(many)]

    def live(self) -> None:
        while self._due and self._due[0] <= self.fake.clock.monotonic():
            self._due.pop(0)
            self.shoot()

    def shoot(self) -> Path:
        n = len(self.taken) + 1
        how = {"shutter_s": self.shutter_s, "iso": self.iso, "name": f"IMG_{n:04d}.DNG"}
        how |= self.mistakes.get(n, {})
        real_s = how["shutter_s"] if self.fits else speed_of(how["shutter_s"], THIRDS).real_s
        world = self.fake.world
        setting = replace(world.neutral(), gain=world.scenario.sensor.gain_of(400), offset=0.0)
        pixels = world.expose(self.fake.clock.monotonic(), real_s, setting)
        path = self.card / "100CANON" / how["name"]
        path.parent.mkdir(exist_ok=True)
        if self.fits:
            path = path.with_suffix(".fits")
            head = fits.Header([("EXPTIME", how["shutter_s"]), ("INSTRUME", "ASI")])
            fits.PrimaryHDU(pixels, head).writeto(path)
            return self._taken(path, n)
        write_dng(
            path,
            pixels,
            black=(2048,) * 4,
            white=16383,
            exposure_s=how["shutter_s"],
            iso=how["iso"],
            model=how.get("model", "6D"),
        )
        return self._taken(path, n)

    def _taken(self, path: Path, n: int) -> Path:
        now_s = self.fake.clock.now().timestamp()
        os.utime(path, (now_s, now_s))
        if self.jpegs:
            path.with_suffix(".JPG").write_bytes(b"a JPEG")
        self.taken.append(path)
        self.spoil(path, n)
        return path


class ByHandBench:
    """A session with a folder as its camera; `told` are its events."""

    def __init__(
        self,
        folder: Path,
        *,
        panel: LightPanel | None = None,
        filters: Sequence[str] = (),
        count: int = 4,
        night: int = 0,
        dark_flats: int = 0,
        flux: float | None = None,
        **plan: object,
    ) -> None:
        self.folder, self.card = folder, folder / "DCIM"
        self.card.mkdir(exist_ok=True)
        rig = small("dslr", SMALL_PX)
        if flux is not None:
            rig = replace(rig, lamp=replace(rig.lamp, flux_e_s=flux * rig.lamp.flux_e_s))
        self.fake = FakeRig(rig, night=night, clock=Moments())
        self.person = Person(self.fake, self.card)
        self.by_lamp = panel is None
        self.asked: list[str] = []
        self.filters, self.count, self.dark_flats = tuple(filters), count, dark_flats
        self.plan = {"tolerance": 0.07, **plan}
        self.told: list[events.Event] = []
        self.record = RunRecord()
        self.hear: Callable[[events.Event], None] = lambda _event: None

    def run(self, *, by_hand: bool = True) -> int:
        fake, person = self.fake, self.person
        fake.clock.live = person.live
        if by_hand:
            fake.world.light.set(lit=True, brightness=120)
        folder = self.folder / "flats"
        counted = list(counted_in(folder / NIGHT, "by-hand"))
        camera = FolderCamera(
            self.card,
            sleep=fake.clock.sleep,
            monotonic=fake.clock.monotonic,
            say=self.asked.append,
            first=counted[-1].path if counted else None,
            counts=by_hand and not self.filters,
        )
        wheel = HandFilters(self.filters, self._ask, camera.light_changed)
        rig = Rig(
            camera,
            wheel if self.filters else None,
            ManualPanel(self._ask, lit=True) if by_hand else fake.panel,
            setup=CameraSetup(),
            timeouts=Timeouts(open_s=30.0, cooling_s=0.0, readout_s=60.0),
            clock=fake.clock,
        )

        def plans(_slots: Sequence[str]) -> list[FilterPlan]:
            wished = [
                FilterPlan(name, count=self.count, **self.plan) for name in self.filters or (None,)
            ]
            return [for_camera(each, camera.facts.exposure_s, camera.ladder) for each in wished]

        self.file = RunFile(lambda path, text: path.write_text(text))
        with History(self.folder / "history.sqlite") as history:
            return Session(
                rig,
                Job(rig="by-hand", plan=plans, dark_flats=self.dark_flats),
                writer=FramesInPlace(folder, UTC, counted),
                history=history,
                emit=self._take,
                signals=StopSignals(),
            ).run()

    def _ask(self, wish: str) -> bool:
        self.asked.append(wish)
        if wish.startswith("Put in the filter "):
            names = [each.name for each in self.fake.world.scenario.filters]
            self.fake.world.turret.slot = names.index(wish.rpartition(" ")[2])
        elif "off" in wish:
            self.fake.world.light.set(lit=False, brightness=0)
        return True

    def _take(self, event: events.Event) -> None:
        self.record.take(event)
        self.told.append(event)
        self.file(event, self.record)
        self.person.hear(event, self.record)
        self.hear(event)

    def all(self, kind: type[events.Event]) -> list:
        return [event for event in self.told if isinstance(event, kind)]

    @property
    def flats(self) -> list[Path]:
        return [event.path for event in self.all(events.Flat)]
