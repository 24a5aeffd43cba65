"""The command line with a stand-in for the application behind it."""

import sys
from dataclasses import dataclass, field
from pkgutil import iter_modules
from types import SimpleNamespace
from typing import Any

import pytest

import flatctl.app
from flatctl.cli import main


@dataclass
class Ending:
    """How a command ended."""

    code: int
    stdout: str
    stderr: str


@dataclass
class StandIn:
    """Stands where each module of `flatctl.app` stands: answers as told, keeps what was asked."""

    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        def answer(*args: Any, **options: Any) -> Any:
            self.asked.append((name, args, options))
            given = self.answers.get(name)
            if isinstance(given, BaseException):
                raise given
            return given(*args, **options) if callable(given) else given

        return answer


@pytest.fixture
def app(monkeypatch) -> StandIn:
    stand_in = StandIn()
    for module in iter_modules(flatctl.app.__path__):
        monkeypatch.setattr(flatctl.app, module.name, stand_in, raising=False)
    return stand_in


@pytest.fixture
def command(capsys, monkeypatch):
    """Run a command in this process."""
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: object) -> Ending:
        with pytest.raises(SystemExit) as ending:
            main([str(a) for a in arguments])
        shown = capsys.readouterr()
        code = ending.value.code
        assert isinstance(code, int)
        return Ending(code, shown.out, shown.err)

    return run


@pytest.fixture
def line():
    """Make a line of `check`."""

    def make(subject: str, ok: bool, text: str, remedy: str = "", exit_code: int = 4):
        return SimpleNamespace(
            subject=subject, ok=ok, text=text, remedy=remedy, exit_code=exit_code
        )

    return make


@pytest.fixture
def python() -> str:
    return sys.executable
