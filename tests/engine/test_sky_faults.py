"""A twilight in which devices fail, others want the camera, or the weather turns."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from astropy.io import fits
from twilight_bench import Twilight

from flatctl import events
from flatctl.core.nights.history import SettingKey
from flatctl.core.nights.sun import sun_altitude_deg
from flatctl.core.pedestal import Pedestal
from flatctl.devices.no_light import NoLight
from flatctl.devices.protocols import ConditionStatus, MountState
from flatctl.engine.safety import Rule
from flatctl.errors import ExitCode, Fault, InUse, NoReply, Stopped
from flatctl.storage.history import History

BAND = (0.46, 0.56)


def begun(twilight: Twilight) -> list[tuple[float, float]]:
    """Record when each exposure begins (s), and how long it is."""
    found: list[tuple[float, float]] = []
    camera, clock = twilight.fake.camera, twilight.fake.clock
    start = camera.start

    def watched(exposure_s: float, kind: object) -> None:
        found.append((clock.monotonic(), exposure_s))
        start(exposure_s, kind)

    camera.start = watched
    return found


def sun_deg(twilight: Twilight, time_s: float) -> float:
    clock, site = twilight.fake.clock, twilight.fake.world.scene.twilight.site
    return sun_altitude_deg(clock.now() + timedelta(seconds=time_s - clock.monotonic()), site)


def at_flat(twilight: Twilight, n: int, do: Callable[[], None]) -> None:
    """Do something once the n-th flat of a set is being exposed."""
    done: list[int] = []

    def hear(event: events.Event) -> None:
        is_flat = isinstance(event, events.Exposing) and event.kind == "flat"
        if is_flat and event.n == n and not done:
            done.append(n)
            do()

    twilight.hear = hear


def all_in_band(twilight: Twilight) -> bool:
    return all(BAND[0] <= event.level <= BAND[1] for event in twilight.all(events.Flat))


def test_an_exposure_that_failed_is_not_repeated_as_it_was(tmp_path) -> None:
    twilight = Twilight(tmp_path, filters=("R",), starts_deg=-4.5)
    exposures = begun(twilight)
    at_flat(twilight, 3, lambda: twilight.fake.camera.faults.add(1, None))
    assert twilight.run() == ExitCode.COMPLETE
    assert [event.recovered for event in twilight.all(events.FaultSeen)] == [True]
    gaps = [after[0] - before[0] for before, after in pairwise(exposures)]
    n = gaps.index(max(gaps))
    assert gaps[n] > 60
    assert exposures[n + 1][1] > 1.1 * exposures[n][1]
    assert all_in_band(twilight)
    twilight.ends_well()


class Weather:
    """A condition that is not met from one time to another."""

    name = "Weather"

    def __init__(self, twilight: Twilight) -> None:
        self._now = twilight.fake.clock.monotonic
        self.bad_s = (0.0, 0.0)

    def turns(self, lasts_s: float) -> None:
        self.bad_s = (self._now(), self._now() + lasts_s)

    def is_good(self, time_s: float) -> bool:
        return not self.bad_s[0] < time_s < self.bad_s[1]

    def status(self, timeout_s: float) -> ConditionStatus:
        return ConditionStatus(self.is_good(self._now()), "rain")


def test_weather_that_is_waited_for_spoils_no_frame(tmp_path) -> None:
    twilight = Twilight(tmp_path, filters=("R",), starts_deg=-4.5)
    weather = Weather(twilight)
    twilight.rules = [Rule(weather, "wait", 600.0)]
    exposures = begun(twilight)
    at_flat(twilight, 3, lambda: weather.turns(100.0))
    assert twilight.run() == ExitCode.COMPLETE
    assert all(weather.is_good(time_s) for time_s, _ in exposures)
    assert len(twilight.all(events.Rejected)) == 1
    assert all_in_band(twilight)


def test_weather_that_turns_as_an_exposure_is_about_to_begin_lets_none_begin(tmp_path) -> None:
    """It is good where the run asks first, and bad a moment later."""
    twilight = Twilight(tmp_path, filters=("R",), count=3, starts_deg=-4.5)
    weather = Weather(twilight)
    twilight.rules = [Rule(weather, "wait", 600.0)]
    exposures = begun(twilight)
    report, asked = twilight.fake.mount.report, []

    def watched(timeout_s: float):
        asked.append(timeout_s)
        if len(asked) == 12:
            weather.turns(100.0)
        return report(timeout_s)

    twilight.fake.mount.report = watched
    assert twilight.run() == ExitCode.COMPLETE
    assert all(weather.is_good(time_s) for time_s, _ in exposures)
    assert all_in_band(twilight)


USED = InUse("Fake Camera", "is exposing for another program", "wait", 90.0)


def test_the_telescope_is_not_moved_in_front_of_anothers_exposure(tmp_path) -> None:
    twilight = Twilight(tmp_path, filters=("R",), starts_deg=-4.5, job={"share": True})
    clock, camera, mount = twilight.fake.clock, twilight.fake.camera, twilight.fake.mount
    until_s: list[float] = []

    def in_use(timeout_s: float) -> InUse | None:
        return USED if until_s and clock.monotonic() < until_s[0] else None

    camera.in_use, camera.take_over = in_use, lambda: None
    moved: list[float] = []
    slew = mount.slew

    def watched(*args, **kwargs) -> None:
        moved.append(clock.monotonic())
        slew(*args, **kwargs)

    mount.slew = watched

    def hear(event: events.Event) -> None:
        if isinstance(event, events.Flat) and event.index == 2 and not until_s:
            until_s.append(clock.monotonic() + 90.0)

    twilight.hear = hear
    exposures = begun(twilight)
    assert twilight.run() == ExitCode.COMPLETE
    busy = (until_s[0] - 90.0, until_s[0])
    assert not [time_s for time_s in moved if busy[0] < time_s < busy[1]]
    assert not [time_s for time_s, _ in exposures if busy[0] < time_s < busy[1]]
    assert all_in_band(twilight)


def test_a_filter_that_the_wheel_can_not_reach_leaves_the_others_theirs(tmp_path) -> None:
    twilight = Twilight(tmp_path, filters=("L", "R", "Ha"), count=3)
    wheel = twilight.fake.wheel
    select = wheel.select

    def jams(name: str, timeout_s: float) -> None:
        if name == "R":
            raise Fault("Fake Wheel", "jams", "oil it")
        select(name, timeout_s)

    wheel.select = jams
    assert twilight.run() == ExitCode.INCOMPLETE
    assert twilight.outcomes == {"L": "complete", "R": "device", "Ha": "complete"}
    twilight.ends_well()


def test_a_camera_that_fails_again_and_again_ends_one_set_and_not_the_run(tmp_path) -> None:
    twilight = Twilight(tmp_path, filters=("L", "Ha"), count=3)
    camera = twilight.fake.camera
    lost = NoReply("Fake Camera", "sends nothing", "see its cable")
    at_flat(twilight, 2, lambda: camera.faults.add(4, lost))
    assert twilight.run() == ExitCode.INCOMPLETE
    assert sorted(twilight.outcomes.values()) == ["complete", "device"]
    twilight.ends_well()


def test_no_exposure_begins_outside_the_suns_range_however_long_it_was_held_up(tmp_path) -> None:
    sky = {"sun_altitude_deg": (-6.5, 0.0)}
    twilight = Twilight(tmp_path, filters=("L",), count=50, starts_deg=-5.8, sky=sky)
    weather = Weather(twilight)
    twilight.rules = [Rule(weather, "wait", 3600.0)]
    exposures = begun(twilight)
    at_flat(twilight, 3, lambda: weather.turns(1200.0))
    assert twilight.run() == ExitCode.INCOMPLETE
    assert len(exposures) >= 3
    assert min(sun_deg(twilight, time_s) for time_s, _ in exposures) >= -6.5
    assert twilight.outcomes == {"L": "out_of_time"}


@pytest.mark.parametrize("state", [MountState.PARKED, MountState.SLEWING])
def test_a_frame_during_which_the_mount_left_does_not_count(tmp_path, state) -> None:
    twilight = Twilight(tmp_path, filters=("L",), count=4)
    mount, report = twilight.fake.mount, twilight.fake.mount.report
    left: list[int] = []
    mount.report = lambda timeout_s: (
        replace(report(timeout_s), state=state) if left else report(timeout_s)
    )
    at_flat(twilight, 3, lambda: left.append(3))
    assert twilight.run() == ExitCode.UNSAFE
    assert len(twilight.frames) == 2


def test_a_mount_that_tracks_again_by_itself_is_told_not_to(tmp_path) -> None:
    twilight = Twilight(tmp_path, filters=("L",), count=4)
    at_flat(twilight, 2, lambda: twilight.fake.mount.motion.track(True))
    assert twilight.run() == ExitCode.COMPLETE
    twilight.ends_well()


def test_a_camera_that_can_not_be_left_at_a_stop_does_not_keep_the_mount_tracking(tmp_path) -> None:
    twilight = Twilight(tmp_path, filters=("L",))

    def stop() -> None:
        twilight.fake.mount.motion.track(True)
        close = twilight.fake.camera.close
        closes: list[int] = []
        camera = twilight.fake.camera

        def gone(timeout_s: float) -> InUse | None:
            raise NoReply("Fake Camera", f"no answer for {timeout_s:g} s", "see its cable")

        camera.in_use, camera.take_over = gone, lambda: None

        def fails() -> None:
            closes.append(1)
            if len(closes) == 1:
                raise NoReply("Fake Camera", "is gone", "see its cable")
            close()

        twilight.fake.camera.close = fails
        raise Stopped(15)

    at_flat(twilight, 2, stop)
    assert twilight.run() == Stopped(15).exit_code
    twilight.ends_well()


def test_the_mount_is_left_to_the_program_that_takes_the_camera(tmp_path) -> None:
    twilight = Twilight(tmp_path, filters=("R",), starts_deg=-4.5)
    camera, mount = twilight.fake.camera, twilight.fake.mount
    told: list[int] = []
    camera.in_use = lambda timeout_s: USED if told else None
    camera.take_over = lambda: None

    def hear(event: events.Event) -> None:
        if isinstance(event, events.Flat) and event.index == 2 and not told:
            mount.motion.track(True)
            told.append(len(mount.commands))

    twilight.hear = hear
    assert twilight.run() == ExitCode.DEVICE
    assert mount.commands[told[0] :] == []
    assert mount.report(1.0).state is MountState.TRACKING
    assert any("left as it is" in str(event.what) for event in twilight.all(events.FaultSeen))


def through(twilight: Twilight, change: Callable[[object, int], None]) -> None:
    """Let `change` have each frame's pixels, and its number from 0, before flatctl sees them."""
    camera, numbers = twilight.fake.camera, iter(range(10_000))
    read = camera.read

    def changed(timeout_s: float):
        frame = read(timeout_s)
        change(frame.pixels, next(numbers))
        return frame

    camera.read = changed


def black_below(pixels, _n) -> None:
    pixels[-10:] = 0


def test_a_picture_with_black_parts_is_never_a_flat_of_the_sky(tmp_path) -> None:
    sky = {"sun_altitude_deg": (-6.0, 0.0)}
    twilight = Twilight(tmp_path, filters=("L",), count=3, starts_deg=-5.5, sky=sky)
    through(twilight, black_below)
    assert twilight.run() == ExitCode.INCOMPLETE
    assert twilight.frames == []
    found = {each.kind for event in twilight.all(events.Rejected) for each in event.why}
    assert found == {"black"}


def test_a_frame_that_shows_nothing_teaches_nothing_of_the_sky(tmp_path) -> None:
    """The frames after it are as good as those before."""
    twilight = Twilight(tmp_path, filters=("R",), count=6, starts_deg=-4.5)

    def blank(pixels, n: int) -> None:
        if n == 4:
            pixels[:] = 0

    through(twilight, blank)
    assert twilight.run() == ExitCode.COMPLETE
    (rejected,) = twilight.all(events.Rejected)
    after = [e for e in twilight.told if isinstance(e, events.Trial) and e.time > rejected.time]
    assert after == []


def test_frames_that_show_nothing_for_ever_end_the_set(tmp_path) -> None:
    twilight = Twilight(tmp_path, filters=("R", "L"), count=3, starts_deg=-4.5)

    def blank(pixels, _n) -> None:
        pixels[:] = 0

    through(twilight, blank)
    assert twilight.run() == ExitCode.INCOMPLETE
    assert twilight.outcomes == {"R": "device", "L": "device"}
    assert len(twilight.fake.camera.exposures) <= 8


def test_a_frame_through_another_filter_teaches_nothing_of_this_one(tmp_path) -> None:
    twilight = Twilight(tmp_path, filters=("R",), count=6, starts_deg=-4.5)
    wheel = twilight.fake.wheel

    def turn() -> None:
        wheel.select("L", 60.0)

    at_flat(twilight, 3, turn)
    assert twilight.run() == ExitCode.COMPLETE
    (rejected,) = twilight.all(events.Rejected)
    assert [each.kind for each in rejected.why] == ["wheel_turned"]
    assert not [e for e in twilight.all(events.Trial) if e.time > rejected.time]
    assert all_in_band(twilight)


def test_a_flat_of_the_sky_tells_the_pedestal_that_is_known(tmp_path) -> None:
    with History(tmp_path / "history.sqlite") as history:
        twilight = Twilight(tmp_path, filters=("R",), count=2, starts_deg=-4.5)
        key = SettingKey("bench", "Fake Camera", None, 1, 100.0, 10.0, None, NoLight().name)
        history.remember_pedestal(key, Pedestal.measured(1000.0))
    assert twilight.run() == ExitCode.COMPLETE
    assert {fits.getheader(path).get("FLATPED") for path in twilight.frames} == {1000.0}


@pytest.mark.parametrize("level", [0, 65535])
@pytest.mark.parametrize(
    ("name", "starts_deg", "panel"), [("dusk-clear", -4.5, True), ("dawn-clear", -9.0, False)]
)
def test_a_line_that_is_stuck_in_the_dark_too_is_excused(
    tmp_path, name, starts_deg, panel, level
) -> None:
    """Behind a closed cover, or where the shortest exposure of an open telescope is dark enough."""
    twilight = Twilight(tmp_path, name, filters=("R",), count=3, starts_deg=starts_deg, panel=panel)

    def stick(pixels, _n) -> None:
        pixels[20, :30] = level

    through(twilight, stick)
    assert twilight.run() == ExitCode.COMPLETE
    assert len(twilight.frames) == 3
    assert {round(fits.getheader(path)["FLATSTUK"], 4) for path in twilight.frames} == {0.0098}
    twilight.ends_well()
