"""Whatever the weather does and whichever device fails: what holds of each twilight."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from twilight_bench import ALL, Twilight

from flatctl import events
from flatctl.core.nights.sun import sun_altitude_deg
from flatctl.devices.protocols import MountState
from flatctl.errors import ExitCode, NoReply
from hardware_sims.sky.motion import Doing, MountHabits
from hardware_sims.sky.scene import RoofHabits

SCENARIOS = {"dusk-clear": 0.5, "dawn-clear": -9.0, "dawn-clouds": -9.0, "tropics": 0.5}
RANGE_DEG = (-12.0, 0.0)
ENDS = {
    *(ExitCode.COMPLETE, ExitCode.DEVICE, ExitCode.INCOMPLETE, ExitCode.UNSAFE),
}

MOUNTS = st.one_of(
    st.just(MountHabits()),
    st.builds(
        MountHabits,
        starts=st.sampled_from([Doing.PARKED, Doing.STANDING, Doing.TRACKING]),
        refuses_unpark=st.booleans(),
        ignores_track_off=st.booleans(),
        tracks_again_s=st.none() | st.floats(0.1, 30.0),
        endless_dither=st.booleans(),
        sinks_deg_s=st.sampled_from([0.0, 0.01, 1.0]),
        dies_in_slew=st.integers(0, 12),
    ),
)
ROOFS = st.none() | st.builds(RoofHabits, closes_after_s=st.none() | st.floats(1.0, 2500.0))


@dataclass
class Faults:
    """So many faults of camera or wheel, once so many frames have been begun; hangs or errors."""

    after: int
    camera: int
    wheel: int
    hangs: bool


FAULTS = st.builds(Faults, st.integers(0, 30), st.integers(0, 5), st.integers(0, 5), st.booleans())


def check(tmp_path_factory, name: str, mount: MountHabits, roof, faults: Faults) -> None:
    folder = tmp_path_factory.mktemp("twilight")
    twilight = Twilight(
        folder, name, mount=mount, roof=roof, filters=ALL, count=2, starts_deg=SCENARIOS[name]
    )
    fake, site = twilight.fake, twilight.fake.world.scene.twilight.site
    begun: list[float] = []
    start = fake.camera.start

    def watched(exposure_s: float, kind: object) -> None:
        moves = fake.mount.motion.doing() in (Doing.SLEWING, Doing.PARKED, Doing.PARKING)
        assert not moves, "an exposure began while the mount moved or was parked"
        begun.append(sun_altitude_deg(fake.clock.now(), site))
        if len(begun) == faults.after:
            error = None if faults.hangs else NoReply("Fake", "is gone", "see its cable")
            fake.camera.faults.add(faults.camera, error)
            fake.wheel.faults.add(faults.wheel, error)
        start(exposure_s, kind)

    fake.camera.start = watched
    code = twilight.run()
    assert code in ENDS
    assert all(RANGE_DEG[0] - 1e-6 <= each <= RANGE_DEG[1] + 1e-6 for each in begun)
    flats = twilight.all(events.Flat)
    assert all(0.459 <= event.level <= 0.561 for event in flats)
    assert len(flats) == len(twilight.frames)
    assert {event.filter for event in twilight.all(events.FilterFinished)} == (
        set(ALL) if twilight.all(events.FilterStarted) else set()
    )
    (end,) = twilight.all(events.RunFinished)
    later = mount is not None and (mount.tracks_again_s or 0.0) > 1.5  # than anybody looks
    tracks = fake.mount.report(1.0).state is MountState.TRACKING
    if "slew" in fake.mount.commands and tracks and not later:
        assert end.mount in ("tracking", "unknown")
        assert [event for event in twilight.all(events.FaultSeen) if not event.recovered]
    assert len(begun) < 300
    # It ends while the twilight does, or soon after: nothing waits for ever.
    assert end.seconds < 3 * 3600
    assert fake.clock.now() - twilight.started < timedelta(hours=3)


# Each is so long that nobody waits for a smaller one.
WHOLE = (Phase.explicit, Phase.reuse, Phase.generate)


@settings(max_examples=4, deadline=None, phases=WHOLE)
@given(st.sampled_from(sorted(SCENARIOS)), MOUNTS, ROOFS, FAULTS)
def test_any_twilight_ends_by_itself_and_keeps_its_promises(
    tmp_path_factory, name, mount, roof, faults
) -> None:
    check(tmp_path_factory, name, mount, roof, faults)


@pytest.mark.nightly
@settings(max_examples=300, deadline=None, phases=WHOLE)
@given(st.sampled_from(sorted(SCENARIOS)), MOUNTS, ROOFS, FAULTS)
def test_many_twilights_end_by_themselves_and_keep_their_promises(
    tmp_path_factory, name, mount, roof, faults
) -> None:
    check(tmp_path_factory, name, mount, roof, faults)
