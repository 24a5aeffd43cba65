"""The hub hands every event to all listeners, whatever becomes of one of them."""

from datetime import UTC, datetime

import pytest

from flatctl.app import run as app_run
from flatctl.app.run import EventHub
from flatctl.errors import Stopped, StorageError
from flatctl.events import Event, RunFinished, Waiting
from flatctl.outputs.record import RunRecord

ENDED = RunFinished(
    time=datetime(2026, 11, 22, tzinfo=UTC), exit_code=0, filters={}, sets={}, frames=0, seconds=1.0
)


TRIED = Waiting(time=datetime(2026, 11, 22, tzinfo=UTC), what="wheel")


class Raising:
    """A listener that raises `error` at every event."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def __call__(self, _event: Event, _run: RunRecord) -> None:
        raise self._error


class Heard(list[Event]):
    """A listener that keeps what it hears."""

    def __call__(self, event: Event, _run: RunRecord) -> None:
        self.append(event)


def test_a_mistake_of_a_listener_ends_no_run(capsys: pytest.CaptureFixture[str]) -> None:
    heard = Heard()

    EventHub([Raising(KeyError("figure")), heard])(ENDED)

    assert heard == [ENDED]
    assert "run_finished was not told: KeyError('figure')" in capsys.readouterr().err


def test_one_that_cannot_be_told_any_more_is_told_of_to_all_others_once() -> None:
    heard = Heard()
    hub = EventHub([Raising(StorageError("disk full")), heard])

    hub(TRIED)
    hub(TRIED)

    assert [each.event for each in heard] == ["waiting", "fault", "waiting"]
    assert str(hub.failure) == "disk full"


def test_a_run_that_not_all_could_be_told_of_ends_as_one_that_could_not_store_all() -> None:
    heard = Heard()
    hub = EventHub([Raising(StorageError("disk full")), heard])

    hub(TRIED)
    hub(ENDED)

    assert (heard[-1].exit_code, heard[-1].reason) == (7, "disk full")


def test_the_wish_to_stop_is_not_held_up() -> None:
    heard = Heard()

    with pytest.raises(Stopped):
        EventHub([Raising(Stopped(15)), heard])(ENDED)

    assert heard == []


def test_a_report_that_breaks_does_not_change_how_the_run_ended(
    capsys: pytest.CaptureFixture[str],
) -> None:
    app_run._write_report(RunRecord(), None, None)  # type: ignore[arg-type]  # that breaks it

    assert "no report" in capsys.readouterr().err
