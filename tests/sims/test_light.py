import json
import threading
from pathlib import Path

import pytest

from hardware_sims.clock import VirtualClock
from hardware_sims.light import Light


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_last_line_of_the_log_tells_how_the_light_stands(tmp_path: Path):
    log = tmp_path / "light.log"
    clock = VirtualClock()
    light = Light(log=log, now=clock.monotonic, utc=clock.now)
    assert lines(log)[-1]["lit"] is False
    light.set(lit=True, brightness=77)
    clock.sleep(1.5)
    light.set(lit=False)
    assert [(line["lit"], line["brightness"]) for line in lines(log)] == [
        (False, 0),
        (True, 77),
        (False, 77),
    ]
    assert lines(log)[-1]["time"] == "2026-11-22T17:00:01.500Z"


def test_setting_what_is_set_already_is_no_change(tmp_path: Path):
    light = Light(log=tmp_path / "light.log")
    light.set(lit=False)
    assert len(lines(tmp_path / "light.log")) == 1


@pytest.mark.parametrize("brightness", [-1, 101])
def test_brightness_outside_the_range_is_refused_and_nothing_changes(brightness: int):
    light = Light(100)
    with pytest.raises(ValueError, match="outside 0 to 100"):
        light.set(lit=True, brightness=brightness)
    assert not light.lit


def test_two_processes_share_a_light_through_its_file(tmp_path: Path):
    panel, camera = (Light(state=tmp_path / "light.json") for _ in range(2))
    panel.set(lit=True, brightness=12)
    assert (camera.lit, camera.brightness) == (True, 12)
    camera.set(brightness=13)
    assert panel.changes() == camera.changes()


def test_no_change_is_lost_when_many_write_at_once(tmp_path: Path):
    lights = [Light(state=tmp_path / "light.json") for _ in range(4)]

    def dial(first: int) -> None:
        for brightness in range(first, first + 20):
            lights[first // 50].set(brightness=brightness)

    threads = [threading.Thread(target=dial, args=(50 * n + 1,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lights[0].changes()) == 81


def test_only_the_latest_changes_are_kept(tmp_path: Path):
    light = Light(state=tmp_path / "light.json")
    for n in range(150):
        light.set(brightness=n % 2 + 1)
    assert len(light.changes()) == 100
