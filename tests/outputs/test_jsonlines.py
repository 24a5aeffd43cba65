import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from event_streams import kept, mixed_night, told

from flatctl.errors import StorageError
from flatctl.outputs.jsonlines import JsonLines, Outlet, encode


def test_every_event_is_one_line_of_json() -> None:
    stream = io.StringIO()
    night = mixed_night()
    told(JsonLines(stream), night)
    assert [json.loads(line) for line in stream.getvalue().splitlines()] == kept(night)


def test_every_line_is_flushed_at_once(tmp_path: Path) -> None:
    path = tmp_path / "events"
    with path.open("w") as stream:
        JsonLines(stream).print({"event": "flat"})
        assert path.read_text() == '{"event": "flat"}\n'


def test_a_figure_json_does_not_know_becomes_null() -> None:
    line = encode({"level": float("nan"), "nested": {"list": [1, float("inf")]}})
    assert json.loads(line) == {"level": None, "nested": {"list": [1, None]}}


def test_a_name_beyond_ascii_survives_any_locale() -> None:
    page = io.BytesIO()
    stream = io.TextIOWrapper(page, encoding="ascii")
    JsonLines(stream).print({"filter": "Hα\udcff"})
    assert json.loads(page.getvalue()) == {"filter": "Hα\udcff"}


def test_text_that_the_stream_cannot_encode_is_written_with_question_marks() -> None:
    page = io.BytesIO()
    stream = io.TextIOWrapper(page, encoding="ascii")
    Outlet(stream).write("Hα\n")
    assert page.getvalue() == b"H?\n"


def test_the_run_goes_on_in_silence_when_the_reader_has_left() -> None:
    program = (
        "import sys\n"
        "from flatctl.outputs.jsonlines import JsonLines\n"
        "sys.stdin.read()\n"
        "out = JsonLines(sys.stdout)\n"
        "for _ in range(3): out.print({'event': 'flat'})\n"
        "sys.exit(5)\n"
    )
    read_end, write_end = os.pipe()
    child = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=write_end,
        stderr=subprocess.PIPE,
    )
    os.close(write_end)
    os.close(read_end)
    _, talk = child.communicate(b"", timeout=30)
    assert (child.returncode, talk) == (5, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_behind_a_redirection_is_reported_once() -> None:
    stream = open("/dev/full", "w")  # noqa: SIM115 because closing it would fail again
    out = JsonLines(stream)
    with pytest.raises(StorageError, match="make room"):
        out.print({"event": "flat"})
    out.print({"event": "flat"})
    stream.close()
