"""The import contracts of pyproject.toml break where they should, in any file, old or new."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ALLOWED = {
    "PyIndi": {"flatctl.devices.indi.wire.worker"},
    "serial": {"flatctl.devices.serial.ports"},
    "rawpy": {"flatctl.images.raws"},
    "apprise": {"flatctl.outputs.notify"},
    "jinja2": {"flatctl.outputs.pages"},
    "logging": {"flatctl.outputs.notify"},
    "hardware_sims.serving": {"flatctl.app.simulate"},
}
# Neither a clock nor chance, neither files nor devices nor the system.
PURE = {
    *("base64", "collections", "concurrent", "copy", "cv2", "dataclasses", "datetime", "enum"),
    *("flatctl", "fractions", "functools", "itertools", "json", "math", "numpy", "re", "typing"),
    *("bisect", "hmac", "ipaddress", "unicodedata", "urllib", "zlib"),
}


def module_of(path: Path, root: Path) -> str:
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


class House:
    """A copy of the code to spoil."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("flatctl", "hardware_sims"):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        shutil.copy(ROOT / "pyproject.toml", folder)

    def files(self) -> list[Path]:
        return sorted((self.folder / "flatctl").rglob("*.py"))

    def judged(self) -> str:
        """Return what import-linter says of it; nothing where it finds no fault."""
        linter = Path(sys.executable).with_name("lint-imports")
        ended = subprocess.run(
            [linter, "--no-cache"], cwd=self.folder, capture_output=True, text=True, check=False
        )
        return "" if ended.returncode == 0 else ended.stdout


@pytest.fixture
def house(tmp_path) -> House:
    return House(tmp_path)


def test_the_code_as_it_is_breaks_no_contract(house):
    assert house.judged() == ""


def test_nobody_but_who_is_named_imports_what_only_one_may(house):
    for path in house.files():
        with path.open("a", encoding="utf-8") as file:
            file.writelines(f"\nimport {library}" for library in ALLOWED)
    said = house.judged()
    everybody = {module_of(path, house.folder) for path in house.files()}
    for library, allowed in ALLOWED.items():
        caught = set(re.findall(rf"(\S+) -> {library}\b", said))
        assert everybody - caught == allowed, library


def test_a_new_room_has_to_find_its_place_among_the_layers(house):
    (house.folder / "flatctl" / "attic").mkdir()
    (house.folder / "flatctl" / "attic" / "__init__.py").touch()
    assert "flatctl.attic" in house.judged()


def test_an_import_that_points_up_is_found(house):
    with (house.folder / "flatctl/storage/naming.py").open("a", encoding="utf-8") as file:
        file.write("\nimport flatctl.outputs.record")
    assert "flatctl.storage is not allowed to import flatctl.outputs" in house.judged()


def test_the_simulated_rig_does_not_lean_on_what_it_is_to_test(house):
    with (house.folder / "hardware_sims/light.py").open("a", encoding="utf-8") as file:
        file.write("\nimport flatctl.devices.serial.link")
    assert "hardware_sims is not allowed to import flatctl" in house.judged()


@pytest.mark.parametrize(
    "path", sorted((ROOT / "flatctl/core").rglob("*.py")), ids=lambda path: path.stem
)
def test_the_core_is_pure(path):
    imported = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])
    assert imported <= PURE
