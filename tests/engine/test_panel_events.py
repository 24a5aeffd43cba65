"""What a run with a panel tells stays what it was, whatever else flats are taken of."""

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
from bench import Bench

from flatctl.outputs.jsonlines import to_plain
from flatctl.storage.writer import FrameWriter

GOLDEN = Path(__file__).with_name("panel_events.jsonl")


WORDS = ("what", "reason")
# What has been added since, by event: nothing of the sky but `light`.
GAINED = {"run_started": ("light", "flat_s")}


def same_on_any_machine(value: object) -> object:
    """Return it with figures to seven digits: sums of pixels depend on the processor beyond.

    Sentences are left out: their words may become better.
    """
    match value:
        case float() if math.isfinite(value):
            return float(f"{value:.7g}")
        case dict():
            facts = {key: "" if key in WORDS else each for key, each in value.items()}
            return {key: same_on_any_machine(each) for key, each in facts.items()}
        case list():
            return [same_on_any_machine(each) for each in value]
        case _:
            return value


def as_before(line: str) -> str:
    """Return an event without the keys that it has gained."""
    plain = json.loads(line)
    gained = GAINED.get(plain["event"], ())
    return json.dumps({key: value for key, value in plain.items() if key not in gained})


def stored() -> list[str]:
    return GOLDEN.read_text("utf-8").splitlines()


def each_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each frame on disk before the run goes on: when it is told of is the disk's matter."""
    put = FrameWriter.put

    def put_at_once(writer: FrameWriter, *what: Any) -> None:
        put(writer, *what)
        writer.drain()

    monkeypatch.setattr(FrameWriter, "put", put_at_once)


def told(folder: Path) -> list[str]:
    """Return what a run of two filters, one of them too dim, tells with its dark flats."""
    bench = Bench(folder, filters=("L", "Ha"), dark_flats=1, exposure_max_s=2.0)
    bench.run()
    lines = [json.dumps(same_on_any_machine(to_plain(event))) for event in bench.told]
    free = re.compile(r'"free_bytes": \d+')
    return [free.sub('"free_bytes": 1', line.replace(str(folder), "FOLDER")) for line in lines]


def test_a_run_with_a_panel_tells_what_it_always_told(tmp_path, monkeypatch) -> None:
    each_at_once(monkeypatch)
    assert [as_before(line) for line in told(tmp_path)] == stored()


def test_a_run_with_a_panel_says_what_its_light_is(tmp_path) -> None:
    assert '"light": "panel"' in told(tmp_path)[0]
