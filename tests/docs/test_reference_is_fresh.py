import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = generator()


@pytest.mark.parametrize("name", GENERATOR.FILES)
def test_a_made_file_is_as_the_code_has_it(name):
    written = (ROOT / name).read_text("utf-8")
    assert written == GENERATOR.FILES[name](), "make docs writes it again"


def test_a_check_says_with_its_exit_code_that_nothing_is_stale(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["generate.py", "--check"])
    assert GENERATOR.main() == 0


def test_a_check_names_what_is_stale(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(sys, "argv", ["generate.py", "--check"])
    monkeypatch.setattr(GENERATOR, "ROOT", tmp_path)
    assert (GENERATOR.main(), capsys.readouterr().err.splitlines()[0]) == (
        1,
        "docs/reference/config.md is stale; `make docs` writes it again",
    )


def test_no_made_page_knows_the_home_of_whoever_made_it():
    home = str(Path("~").expanduser())
    assert [name for name in GENERATOR.FILES if home in (ROOT / name).read_text("utf-8")] == []
