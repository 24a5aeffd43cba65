"""The walks of CONTRIBUTING.md are true: the test named fails where a step is forgotten."""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[2]
WALKS = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("## Four walks")[2]
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py::\w+)`", WALKS)))
Forget = Callable[[Path], None]


def gone(name: str, house: Path) -> None:
    (house / name).unlink()


def without(name: str, pattern: str, house: Path, instead: str = "") -> None:
    text = (house / name).read_text("utf-8")
    left, found = re.subn(pattern, instead, text, flags=re.MULTILINE | re.DOTALL)
    assert found, f"{pattern} is not in {name}"
    (house / name).write_text(left, "utf-8")


def unheard(house: Path) -> None:
    call = "def __call__(self, event: Event, run: RunRecord) -> None: ..."
    (house / "flatctl/outputs/tower.py").write_text(f"class Bell:\n    {call}\n")


CATALOGUE = "flatctl/devices/catalog.py"
BENCHES = "tests/contracts/device_benches.py"
# What is forgotten, each of something else, and which test has to fail for it. Of a kind that is
# forgotten in one place the other tests may fail as well.
FORGOTTEN: dict[str, Forget] = {
    "test_building_one_reaches_nothing[excalibur": partial(
        gone, "flatctl/devices/serial/excalibur.py"
    ),
    "test_every_kind_of_panel_that_can_be_configured_has_a_row": partial(
        without, CATALOGUE, r'^        _serial\("gemini".*?\n'
    ),
    "test_every_kind_of_the_catalogue_has_a_bench[darklight]": partial(
        gone, "tests/contracts/families/darklight.py"
    ),
    "test_every_kind_of_panel_is_among_the_examples": partial(
        without, "config/panels.toml", 'kind = "giotto"', instead='kind = "artesky"'
    ),
    "test_a_kind_of_panel_is_told_how_to_set_up[wanderer-v3]": partial(
        without, "docs/how-to/panels.md", 'kind = "wanderer-v3"'
    ),
    "test_a_made_file_is_as_the_code_has_it[docs/reference/panels.md]": partial(
        without, "docs/reference/panels.md", "deepskydad"
    ),
    "test_every_transport_of_a_row_is_searched_for_devices": partial(
        without, CATALOGUE, r"= \(INDI, ALPACA\)$", instead="= (ALPACA,)"
    ),
    "test_its_name_is_known_before_it_is_opened[indi": partial(
        gone, "flatctl/devices/indi/camera.py"
    ),
    "test_every_bench_is_for_a_row[indi-dome]": partial(
        without, CATALOGUE, r'indi="observatory.IndiDome", '
    ),
    "test_every_row_has_a_bench[indi-weather]": partial(
        without, BENCHES, r', "weather"\)$', instead=")"
    ),
    "test_the_example_has_every_table": partial(
        without, "config/example.toml", r"^\[indi\].*?(?=^\[camera\])"
    ),
    "test_it_has_at_least_one_step[screen": partial(gone, "flatctl/devices/screen/panel.py"),
    "test_what_talks_to_devices_can_log_it_and_nothing_else[check]": partial(
        without, "flatctl/cli/__init__.py", r'(?<="by-hand", )"check", '
    ),
    "test_help_lists_every_command_in_the_order_of_use": partial(
        without, "flatctl/cli/__init__.py", r'(?<="by-hand", )"plan", '
    ),
    "test_a_set_that_broke_off_tells_its_figures_and_the_remedy[too_dim": partial(
        without, "flatctl/outputs/sentences/endings.py", r"case EndingKind.FADED:.*?(?=case )"
    ),
    "test_a_flat_says_all_that_is_known_of_it": partial(
        without, "flatctl/storage/headers.py", r'^    Keyword\("FLATSRC".*?\),\n'
    ),
    "test_a_flat_of_the_sky_says_so_in_its_header": partial(
        without, "flatctl/engine/identity.py", r"^            sky=sky,\n"
    ),
    "test_the_status_says_what_goes_on": partial(
        without, "flatctl/outputs/systemd.py", "def __call__", instead="def called"
    ),
    "test_a_listener_is_heard_of_by_a_command[Bell]": unheard,
}


def test_every_test_that_a_walk_names_exists():
    missing = []
    for name in NAMED:
        file, _, test = name.partition("::")
        defined = {getattr(n, "name", "") for n in ast.parse((ROOT / file).read_text()).body}
        missing += [] if test in defined else [name]
    assert missing == []


def test_each_step_of_a_walk_is_missed_where_it_is_forgotten(tmp_path):
    house = tmp_path / "house"
    house.mkdir()
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("flatctl", "hardware_sims", "tests", "docs", "config"):
        shutil.copytree(ROOT / name, house / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "CONTRIBUTING.md"):
        shutil.copy(ROOT / name, house)
    for forget in FORGOTTEN.values():
        forget(house)
    options = ["-q", "-n0", "-p", "no:randomly", "-p", "no:cacheprovider", "--tb=no"]
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *options, f"--basetemp={tmp_path}/t", *NAMED],
        cwd=house,
        env={name: v for name, v in os.environ.items() if not name.startswith("PYTEST")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert [name for name in FORGOTTEN if f"::{name}" not in ended.stdout] == [], ended.stdout


def test_every_test_that_a_walk_names_is_tried():
    tried = {name.partition("[")[0] for name in FORGOTTEN}
    assert {name.partition("::")[2] for name in NAMED} == tried
