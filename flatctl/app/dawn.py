"""`flatctl dawn`: wait for the morning, or for `dusk`, then take the flats."""

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import time
from functools import partial
from pathlib import Path

from flatctl.app.run import EventHub, run_settings, stored_in
from flatctl.app.wiring.due import Due, TwilightName
from flatctl.app.wiring.fallback import Fallback
from flatctl.app.wiring.journal import JournalWriter
from flatctl.app.wiring.notify import Notifier
from flatctl.app.wiring.person import Person, ensure_dark_flats_can_be_taken
from flatctl.app.wiring.rig import claim_wait, transports_of, wait_addresses
from flatctl.app.wiring.sharing import Manners
from flatctl.app.wiring.timetable import dry_run_lines
from flatctl.app.wiring.watch import Watch
from flatctl.app.wiring.watchdog import BeatingClock, patience_s
from flatctl.core.types import LightSource
from flatctl.outputs.jsonlines import print_lines
from flatctl.outputs.record import Listener
from flatctl.outputs.systemd import Service
from flatctl.settings.loading import load
from flatctl.settings.plan import plan_flats


def dawn(
    config: Path,
    *,
    twilight: TwilightName = "dawn",
    at: time | None = None,
    sun_altitude_deg: float | None = None,
    filters: Sequence[str] = (),
    count: int | None = None,
    output: Path | None = None,
    dry_run: bool = False,
    resume: bool = True,
    light: LightSource | None = None,
    wait: bool = False,
    force: bool = False,
    listeners: Sequence[Listener] = (),
) -> int:
    """Wait until flats are due, then do what `run` does and return its exit code.

    With the `twilight` of dusk they are due in the evening.

    Raises `UnsafeError` when it has become too late, `ConfigError` where it can't be told when
    flats are due, and whatever `run` raises.
    """
    manners = Manners(wait, force)
    settings = load(config).lit_by(light)
    if output is not None:
        settings = stored_in(settings, output)
    plan = partial(plan_flats, settings, only=filters, count=count)
    # What can be wrong with the wish itself is said before any device is touched.
    wanted = plan()
    transports_of(settings)
    due = Due(settings, at, sun_altitude_deg, twilight)
    if dry_run:
        print_lines(dry_run_lines(settings, wanted, due))
        return 0
    ensure_dark_flats_can_be_taken(settings)
    service = Service(patience_s(settings))
    with claim_wait(settings, twilight), service, Notifier(settings) as notifier:
        heard: list[Listener] = [service, notifier.listen, *listeners]
        clock = BeatingClock(service.beat)
        person = Person(partial(notifier.warn, "hand"))

        def job() -> int:
            with ExitStack() as held:
                addresses = wait_addresses(settings, twilight)
                journal = JournalWriter(settings, twilight, addresses, held)
                watch = Watch(settings, clock, EventHub([journal, *heard]), notifier, wait=wait)
                watch.until(due)
            fallback = Fallback(settings, twilight, clock, EventHub(heard))
            take = partial(
                run_settings,
                resume=resume,
                listeners=[fallback.listen, *heard],
                clock=clock,
                manners=manners,
                person=person,
                dawn=twilight == "dawn",
            )
            return fallback.run(plan, partial(take, settings, plan), take)

        return notifier.report_ending_of(job)
