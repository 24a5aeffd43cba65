"""What `flatctl status` says of a run of the sky, whose sets all begin at once."""

from event_streams import Dusk, typed

from flatctl.events import Exposing
from flatctl.outputs.record import RunRecord
from flatctl.outputs.tables.status import work_lines


def said(dusk: Dusk, exposing: Exposing | None = None) -> list[str]:
    return list(work_lines("backyard", "flatctl dusk", None, dusk.run, exposing))


def exposure(name: str) -> Exposing:
    made = typed("exposing", filter=name, kind="flat", n=3, exposure_s=1.0)
    assert isinstance(made, Exposing)
    return made


def test_the_filter_that_is_exposed_is_under_way_and_the_others_are_to_come() -> None:
    dusk = Dusk("L", "R", "Ha")
    dusk.plan("Ha", "R", "L")
    lines = said(dusk, exposure("R"))
    assert lines[1].startswith("  R: 0 of 20 flats")
    assert lines[2:] == ["  to come: L, Ha", "  the light is the sky"]


def test_between_exposures_it_is_the_one_that_the_plan_has_first() -> None:
    dusk = Dusk("L", "R", "Ha")
    dusk.plan("Ha", "R", "L")
    assert said(dusk)[1].startswith("  Ha: ")


def test_without_a_plan_yet_nothing_is_under_way() -> None:
    lines = said(Dusk("L", "R"))
    assert lines[1:] == [
        "  0 of 2 filters complete",
        "  to come: L, R",
        "  the light is the sky",
    ]


def test_a_light_without_steps_is_lit_and_that_is_all() -> None:
    started = typed("run_started", rig="b", sets=["L"], filters=["L"], brightness_max=1)
    begun = typed("filter_started", filter="L", set="L", wanted=3)
    run = RunRecord.of([started, begun])
    lit = typed("exposing", filter="L", kind="trial", n=1, exposure_s=1.0, brightness=1)
    assert isinstance(lit, Exposing)
    assert list(work_lines("b", "flatctl by-hand", None, run, lit))[-1] == "  panel lit"
