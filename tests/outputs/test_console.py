import fcntl
import io
import os
import re
import struct
import termios
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from event_streams import Night, complete_night, mixed_night, told, typed
from rich.console import Console as RichConsole

from flatctl.events import Event
from flatctl.outputs.console import Console
from flatctl.outputs.figures import wrapped
from flatctl.outputs.progress import TerminalProgress
from flatctl.outputs.runfile import RunFile
from flatctl.outputs.summary import summary_lines

WIDTHS = (60, 80, 120)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
COLOUR = re.compile(r"\x1b\[[0-9;]*(?:3[0-7]|9[0-7]|38|4[0-7]|48)[0-9;]*m")


class Terminal:
    """A pseudo-terminal whose screen is read all the time, as a real one is."""

    def __init__(self, columns: int) -> None:
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.stream = os.fdopen(slave, "w", encoding="utf-8")
        self._seen = bytearray()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                chunk = os.read(self._master, 65536)
            except OSError:
                return
            if not chunk:
                return
            self._seen += chunk

    def seen(self) -> str:
        self.stream.close()
        self._reader.join(10)
        os.close(self._master)
        return self._seen.decode("utf-8")


def shown(events: Iterable[Event], columns: int = 80, *, results: bool = True) -> tuple[str, str]:
    """What stdout and stderr show when both are terminals of that width."""
    stdout, stderr = Terminal(columns), Terminal(columns)
    console = Console(stdout.stream, stderr.stream, results=results)
    told(console, events)
    console.close()
    return stdout.seen(), stderr.seen()


def logged(events: Iterable[Event], *, results: bool = True) -> tuple[str, str]:
    """What stdout and stderr hold when neither is a terminal."""
    stdout, stderr = io.StringIO(), io.StringIO()
    console = Console(stdout, stderr, results=results)
    told(console, events)
    console.close()
    return stdout.getvalue(), stderr.getvalue()


def bare(page: str) -> str:
    """The page without its control codes."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", page)


class Watched:
    """The progress on a recording terminal with a clock that stands still until told."""

    def __init__(self, columns: int = 80, height: int = 24) -> None:
        self.clock_s = 0.0
        self.now = datetime(2026, 11, 22, 17, 15, tzinfo=UTC)
        self.page = io.StringIO()
        self.screen = RichConsole(
            file=self.page,
            width=columns,
            height=height,
            color_system=None,
            force_terminal=True,
            get_time=lambda: self.clock_s,
        )
        self.progress = TerminalProgress(self.screen, now=lambda: self.now)

    def take(self, events: Iterable[Event]) -> "Watched":
        happened = list(events)
        self.now = happened[-1].time
        self.record = told(self.progress, happened)
        self.progress.close()
        return self

    def bars(self, later_s: float = 0.0) -> str:
        self.clock_s += later_s
        self.page.seek(0)
        self.page.truncate()
        self.screen.print(self.progress._dashboard)
        return self.page.getvalue()


def taking(night: Night, name: str, flats: int, exposure_s: float = 4.2) -> Night:
    """A set of 30 that has come so far."""
    night.begin(name, wanted=30)
    for _ in range(flats):
        night.flat(name, exposure_s=exposure_s)
    return night


@pytest.fixture(autouse=True)
def colour_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("columns", WIDTHS)
def test_a_trial_shows_the_figure_that_matters(columns: int) -> None:
    night = Night().begin("Ha").trial("Ha", 0.30).trial("Ha", 0.40).trial("Ha", 0.5098, 128, 4.2)
    page = Watched(columns).take(night).page.getvalue()
    assert "Ha · trial 3 · 128 of 255 · 4.20 s -> 33 410 ADU (51.0 %)" in page


def test_the_bars_are_drawn_before_a_second_thread_may_draw_them_too() -> None:
    watched = Watched()
    told(watched.progress, Night(filters=("Ha",)))
    page = watched.page.getvalue()
    watched.progress.close()
    assert page.count("waiting") == 1


@pytest.mark.parametrize("columns", WIDTHS)
def test_no_line_of_the_progress_is_wider_than_the_terminal(columns: int) -> None:
    page = Watched(columns).take(mixed_night()).page.getvalue()
    assert max(len(line) for line in bare(page).splitlines()) <= columns


@pytest.mark.parametrize("columns", WIDTHS)
def test_no_line_of_the_end_table_is_wider_than_the_terminal(columns: int) -> None:
    table, _ = shown(mixed_night(), columns)
    assert max(len(line) for line in bare(table).splitlines()) <= columns


@pytest.mark.parametrize("columns", WIDTHS)
def test_the_end_table_has_a_line_per_filter(columns: int) -> None:
    table, _ = shown(mixed_night(), columns)
    rows = [line.split() for line in bare(table).splitlines()]
    assert [row[0] for row in rows if row[1:2] and row[-1] in ("%", "–")] == [
        "L",
        "R",
        "G",
        "Ha",
        "OIII",
        "SII",
    ]


def test_the_end_table_says_what_to_do_where_a_filter_is_not_complete() -> None:
    table, _ = logged(mixed_night())
    assert "bring the panel closer" in " ".join(table.split())


def test_the_end_says_in_one_line_what_came_of_the_run() -> None:
    table, _ = logged(complete_night(flats=4))
    assert "Complete: 2 of 2 filters, 8 flats in" in table


def test_what_ended_the_program_is_left_to_its_last_line() -> None:
    table, talk = logged(Night(filters=("L",)).over(6, "the Sun is up"))
    assert "the Sun is up" not in table + talk


def test_why_a_filter_ended_short_is_said_once_on_the_screen() -> None:
    table, talk = logged(mixed_night())
    assert (table + talk).count("bring the panel closer") == 1


def test_a_reason_that_holds_for_several_filters_is_said_once() -> None:
    night = Night(filters=("L", "R"))
    for name in ("L", "R"):
        night.begin(name).trial(name, 0.1).end(name, "too_dim", "see to the cover")
    table, _ = logged(night.over(5))
    assert "\nL, R\n  see to the cover\n" in table


def test_the_last_screen_tells_of_light_cover_and_room() -> None:
    finished = {"exit_code": 0, "filters": {}, "sets": {}, "frames": 0, "seconds": 60.0}
    left = {"light": "off", "cover": "open", "free_bytes": 12_300_000_000}
    table, _ = logged([*Night(filters=()), typed("run_finished", **finished, **left)])
    assert "The light is off.\nCover open · 12.3 GB free\n" in table


def test_the_command_that_goes_on_is_named_where_something_is_missing() -> None:
    page = summary_lines(told(lambda *_: None, mixed_night()), 80, again="flatctl run rig.toml")
    assert page[-1] == "To go on: flatctl run rig.toml"


def test_no_command_is_named_where_nothing_is_missing() -> None:
    page = summary_lines(told(lambda *_: None, complete_night()), 80, again="flatctl run rig.toml")
    assert not [line for line in page if line.startswith("To go on")]


def test_frames_rejected_for_one_reason_are_a_line_and_a_count() -> None:
    night = Night(filters=("L",)).begin("L").trial("L", 0.51)
    for _ in range(8):
        night.reject("L")
    _, talk = logged(night.end("L", "unstable", "x").over(5))
    assert talk.count("frame rejected: level 58.0 %") == 1
    assert "L: frames rejected ×8: level\n" in talk


def test_the_report_of_a_run_is_named_at_its_end(tmp_path: Path) -> None:
    record = told(RunFile(lambda *_: None), complete_night(tmp_path))
    assert f"Report: {tmp_path / 'report.html'}" in summary_lines(record, 60)


@pytest.mark.parametrize("columns", range(20, 70))
def test_no_figure_is_parted_from_its_unit(columns: int) -> None:
    lines = wrapped("Too dim: step 255 and 30 s gave 3 010 ADU (4.6 %), wanted 33 410 ADU", columns)
    assert not re.search(r"\n\s*(?:s|ADU|%|010|410)\b|\n\s*%", lines)


def test_a_path_is_broken_nowhere() -> None:
    path = "/data/flats/2026-11-22/FLAT/" + "FLAT_Ha_2026-11-22_" * 4
    assert path in wrapped(f"see {path}", 60)


def test_an_untouched_bar_differs_from_a_full_one_without_colour() -> None:
    night = Night(filters=("L", "R")).begin("L", wanted=1).flat("L", count=1).end("L")
    full, untouched = Watched().take(night).bars().splitlines()[1:3]
    assert ("█" in full, "░" in full) == (True, False)
    assert ("█" in untouched, "░" in untouched) == (False, True)


def test_a_wait_that_is_told_again_has_lasted_since_its_first_word() -> None:
    watched = Watched()
    record = told(watched.progress, Night())
    for present_c in (-1.0, -5.0):
        watched.progress(typed("waiting", what="camera", present_c=present_c), record)
        watched.clock_s += 30.0
    watched.progress.close()
    assert "now -5.0 °C · 1 min 00 s" in watched.bars()


def test_rejects_and_faults_stay_on_the_screen_as_lines() -> None:
    _, talk = shown(mixed_night())
    assert "L: frame rejected: level 57.4 %" in talk
    assert "Filter Simulator: did not reach slot 6 within 30 s (giving up)" in talk


def test_a_file_that_does_not_count_stays_on_the_screen_as_a_line() -> None:
    _, talk = shown(Night().skip("FLAT_1.fits", "it is truncated"))
    assert "FLAT_1.fits does not count: it is truncated" in talk


def test_the_cursor_comes_back_when_the_run_ends() -> None:
    _, talk = shown(complete_night())
    assert talk.rindex("\x1b[?25h") > talk.rindex("\x1b[?25l")


def test_the_cursor_comes_back_when_the_run_breaks() -> None:
    _, talk = shown(Night().begin("L").trial("L", 0.3))
    assert talk.rindex("\x1b[?25h") > talk.rindex("\x1b[?25l")


def test_results_and_talk_never_mix() -> None:
    table, talk = shown(complete_night())
    assert "trial" not in table
    assert "Filter  Outcome" not in talk


def test_no_color_takes_every_colour_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    table, talk = shown(mixed_night())
    assert not COLOUR.search(table + talk)


def test_a_terminal_without_no_color_gets_colour() -> None:
    table, talk = shown(mixed_night())
    assert COLOUR.search(table)
    assert COLOUR.search(talk)


def test_no_control_code_goes_where_there_is_no_terminal() -> None:
    table, talk = logged(mixed_night())
    assert not CONTROL.search(table + talk)


def test_force_color_does_not_put_control_codes_into_a_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    table, talk = logged(mixed_night())
    assert not CONTROL.search(table + talk)


def test_a_dumb_terminal_gets_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    _, talk = shown(complete_night())
    assert not CONTROL.search(talk.replace("\r\n", "\n"))


def test_a_log_holds_one_line_per_happening_and_none_per_flat() -> None:
    night = complete_night(flats=4)
    happenings = [e for e in night if e.event != "flat"]
    _, talk = logged(night)
    assert len(talk.splitlines()) == len(happenings)


def test_a_long_set_has_a_line_a_minute_in_a_log() -> None:
    _, talk = logged(taking(Night(filters=("R", "G")), "R", 12, exposure_s=30.0))
    told_at = [line for line in talk.splitlines() if "R: flat " in line]
    assert 4 <= len(told_at) <= 6
    assert re.search(r"R: flat \d+ of 30, all flats in about \d+ min$", told_at[-1])


def test_a_set_that_ends_says_in_a_log_how_long_the_others_take() -> None:
    night = taking(Night(filters=("R", "G")), "R", 30).end("R")
    _, talk = logged(night)
    assert re.search(r"R: complete, 30 of 30 flats, .* · all flats in about \d min$", talk, re.M)


def test_a_run_that_is_stopped_promises_no_more_flats() -> None:
    _, talk = logged(taking(Night(filters=("R", "G")), "R", 6).end("R", "stopped"))
    assert re.search(r"R: stopped, 6 of 30 flats$", talk, re.M)


def test_the_last_set_that_ends_has_nothing_left() -> None:
    _, talk = logged(taking(Night(filters=("R",)), "R", 30).end("R"))
    assert "about" not in talk.partition("R: complete")[2]


def test_a_log_line_begins_with_the_time() -> None:
    _, talk = logged(complete_night())
    assert all(re.match(r"\d\d:\d\d:\d\dZ  \S", line) for line in talk.splitlines())


def test_a_filter_name_cannot_steer_the_terminal() -> None:
    night = Night(filters=("\x1b[2Jgone",))
    night.begin("\x1b[2Jgone").trial("\x1b[2Jgone", 0.3).end(
        "\x1b[2Jgone", "too_dim", "\x1b[31mred"
    )
    table, talk = shown(night.over(5))
    assert "\x1b[2J" not in table + talk
    assert "\x1b[31mred" not in table + talk


def test_names_are_not_taken_for_markup() -> None:
    night = Night(filters=("[bold]x[/nonsense]",)).begin("[bold]x[/nonsense]")
    _, talk = shown(night.trial("[bold]x[/nonsense]", 0.3).over(5), 120)
    assert "[bold]x[/nonsense] · trial 1" in talk


def test_json_on_a_pipe_leaves_stdout_alone() -> None:
    table, talk = logged(complete_night(), results=False)
    assert table == ""
    assert "L: complete" in talk


def test_json_on_the_same_terminal_draws_no_bars() -> None:
    table, talk = shown(complete_night(), results=False)
    assert table == ""
    assert "\x1b[?25l" not in talk


def test_a_rig_without_a_wheel_has_a_name_for_its_light() -> None:
    _, talk = logged(Night(filters=("",)).begin("").trial("", 0.5).end("").over())
    assert "no filter · trial 1" in talk


def test_a_bar_counts_flats_of_an_earlier_run() -> None:
    bars = Watched().take(Night().begin("R", wanted=30, present=12).flat("R")).bars()
    assert re.search(r"R .* 13 of 30", bars)


def test_a_bar_tells_when_its_filter_will_be_done() -> None:
    night = Night().begin("R", wanted=30)
    for _ in range(6):
        night.flat("R", exposure_s=4.2)
    assert "2 min 00 s left" in Watched().take(night).bars()


@pytest.mark.parametrize("columns", WIDTHS)
def test_below_the_bars_stand_the_time_of_day_and_when_all_flats_are_there(columns: int) -> None:
    night = taking(Night(filters=("R", "G")), "R", 6)
    watched = Watched(columns).take(night)
    # 6 of 60 are there, one every 5 s or so.
    assert re.search(r"\d\d:\d\d:\d\d \S+ · all flats in about 5 min", watched.bars())


def test_before_there_is_a_pace_only_the_time_of_day_stands_there() -> None:
    assert "about" not in Watched().take(taking(Night(), "R", 2)).bars()


def test_a_line_that_stays_begins_with_the_time_where_there_is_room() -> None:
    pages = {columns: Watched(columns).take(taking(Night(), "R", 1)).page for columns in (60, 80)}
    starts = {n: re.search(r"^(.*)R: starts", bare(p.getvalue()), re.M) for n, p in pages.items()}
    assert starts[80] is not None
    assert starts[60] is not None
    assert re.search(r"\d\d:\d\d:\d\d  $", starts[80][1])
    assert not re.search(r"\d  $", starts[60][1])


def test_a_long_exposure_can_be_waited_for() -> None:
    night = Night().begin("R", wanted=30).flat("R", exposure_s=20.0)
    assert "R · flat 2 of 30 · 8 s of 20 s" in Watched().take(night).bars(later_s=8.0)


def test_a_wait_of_unknown_length_shows_how_long_it_lasts_already() -> None:
    night = Night().begin("R").trial("R", 0.2)
    assert "R · trial 2 · 1 min 15 s" in Watched().take(night).bars(75.0)


def test_an_exposure_that_is_announced_shows_its_setting() -> None:
    night = Night().begin("Ha").trial("Ha", 0.02)
    exposing = typed("exposing", filter="Ha", kind="trial", n=2, brightness=255, exposure_s=21.4)
    bars = Watched().take([*night, exposing]).bars(later_s=4.0)
    assert "Ha · trial 2 · panel on 255 of 255 · 21.4 s · 4 s of 21 s" in bars


def test_the_flat_being_exposed_is_the_next_after_what_the_bar_shows() -> None:
    # A frame behind is still being judged: the shutter is open for the one after it.
    night = Night(filters=("L",)).begin("L", wanted=6).trial("L", 0.5)
    night.flat("L", count=6).flat("L", count=6)
    exposing = typed("exposing", filter="L", kind="flat", n=4, brightness=44, exposure_s=0.5)
    bars = Watched().take([*night, exposing]).bars()
    assert ("2 of 6" in bars, "L · flat 3 · panel on 44" in bars) == (True, True)


def test_a_dark_flat_that_is_announced_adds_no_filter_to_the_end() -> None:
    exposing = typed("exposing", filter="none", kind="dark_flat", n=1)
    night = Night(filters=("L",)).begin("L", wanted=1).flat("L", count=1).end("L")
    taken = [*night, exposing]
    *_, last = night.dark(1, 1).over()
    table, talk = logged([*taken, last])
    assert "Complete: 1 of 1 filter" in talk
    assert "none" not in table


def test_a_wait_that_is_announced_says_what_for() -> None:
    waiting = typed("waiting", what="camera at -3.2 °C, wanted -10.0 °C")
    assert "waiting: camera at -3.2 °C" in Watched().take([*Night(), waiting]).bars()


def test_a_wheel_with_more_slots_than_lines_shows_those_around_the_present_one() -> None:
    names = tuple(f"F{i:02d}" for i in range(40))
    night = Night(filters=names)
    for name in names[:20]:
        night.begin(name).end(name)
    bars = Watched(height=16).take(night.begin(names[20])).bars()
    shown_names = re.findall(r"F\d\d", bars)
    assert len(bars.splitlines()) <= 16
    assert "F20" in shown_names


def test_the_run_goes_on_when_the_terminal_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched()
    monkeypatch.setattr(
        watched.screen, "print", lambda *_, **__: (_ for _ in ()).throw(OSError(5, "EIO"))
    )
    watched.take(complete_night())
    assert watched.record.complete == 2


def test_a_log_without_a_table_ends_with_what_came_of_the_run_and_why() -> None:
    _, talk = logged(Night(filters=("L",)).over(6, "the Sun is up"), results=False)
    assert talk.splitlines()[-1].endswith("0 of 1 filter complete, 0 flats in 0 s. the Sun is up")


def test_a_run_stopped_in_its_dark_flats_is_not_called_complete() -> None:
    night = Night(filters=("L",)).begin("L", wanted=1).flat("L", count=1).end("L")
    _, talk = logged(night.dark(1).over(130, "stopped by SIGINT"))
    assert "1 of 1 filter complete, 1 flat, 1 dark flat in 10 s." in talk
    assert "Complete:" not in talk


def test_a_log_says_what_the_run_waits_for() -> None:
    waiting = typed("waiting", what="camera at -3.2 °C, wanted -10.0 °C")
    _, talk = logged([*Night(), waiting])
    assert "waiting: camera at -3.2 °C, wanted -10.0 °C" in talk


def test_a_filter_whose_flats_are_all_there_is_complete_at_once() -> None:
    night = Night(filters=("R",)).begin("R", wanted=30, present=30).end("R").over()
    table, talk = logged(night)
    assert "R: complete, 30 of 30 flats\n" in talk
    assert "R       complete       0  30 of 30" in table
