"""What the pages tell people to type works, and what they tell them to write is accepted."""

import configparser
import re
import shlex
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import typer

from flatctl.cli import program
from flatctl.settings.loading import load

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
TYPED = [page for page in PAGES if not {"explanation", "reference"} & set(page.parts)]
NEEDED = '[camera]\ndevice = "CCD"\n[wheel]\ndevice = "Wheel"\n[panel]\nkind = "manual"\n'
COMMANDS = typer.main.get_command(program)
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
SCRIPTS = set(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"])
# Of others: they are where the pages say that they are needed, and mean what they always did.
OUTSIDE = {
    *("apt", "git", "usermod", "useradd", "install", "cp", "systemctl", "journalctl"),
    *("indiserver", "jq", "python", "sed"),
}


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)


def of_language(language: str) -> list[object]:
    return [
        pytest.param(block, id=f"{page.relative_to(ROOT)}-{number}")
        for page in PAGES
        for number, block in enumerate(blocks(page, language), start=1)
    ]


def commands(block: str) -> Iterator[list[str]]:
    """Yield the words of each command of a shell's block, without who it is done as."""
    for line in block.splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words: list[str] = []
        for word in [*lexer, ";"]:
            if set(word) <= set("|&;"):
                if words := list(_bare(words)):
                    yield words
                words = []
            else:
                words.append(word)


def _bare(words: list[str]) -> list[str]:
    while words and (words[0] in ("sudo", "env", "-u") or re.match(r"[A-Z_]+=", words[0])):
        words = words[2:] if words[0] == "-u" else words[1:]
    return [words[0].removeprefix(".venv/bin/"), *words[1:]] if words else []


def understood(words: list[str]) -> None:
    """Parse a command line of flatctl's as flatctl does, without doing it."""
    options = {name for parameter in COMMANDS.params for name in parameter.opts}
    if words[0] in options:
        return
    command = COMMANDS.commands[words[0]]
    try:
        command.make_context(words[0], list(words[1:]))
    except Exception as error:
        # A folder of the reader's, which is not here.
        if "does not exist" not in str(error):
            raise


@pytest.mark.parametrize("block", of_language("sh"))
def test_every_command_shown_is_there_and_has_the_options_shown(block):
    assert subprocess.run(["bash", "-n", "-c", block]).returncode == 0
    for name, *words in commands(block):
        if name == "flatctl":
            understood(words)
        elif name == "make":
            assert {word for word in words if "=" not in word} <= TARGETS
        else:
            assert name in OUTSIDE | SCRIPTS


@pytest.mark.parametrize("block", of_language("toml"))
def test_a_configuration_shown_is_accepted(block, tmp_path):
    shown = tomllib.loads(block)
    missing = [
        table
        for table in re.split(r"(?=^\[)", NEEDED, flags=re.M)
        if table and table[1 : table.index("]")] not in shown
    ]
    path = tmp_path / "rig.toml"
    path.write_text(block + "\n" + "".join(missing))
    load(path)


@pytest.mark.parametrize("block", of_language("python"))
def test_a_program_shown_runs(block, capsys):
    exec(compile(block, "page", "exec"), {})
    assert capsys.readouterr().out


@pytest.mark.parametrize("block", of_language("ini"))
def test_a_unit_shown_is_one(block):
    unit = configparser.ConfigParser(strict=True)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(block)
    keys = set(unit["Service"])
    known = "".join(path.read_text("utf-8") for path in (ROOT / "config/systemd").iterdir())
    assert {key for key in keys if f"{key}=" not in known} <= {"LoadCredential"}


@pytest.mark.parametrize("page", TYPED, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_says_what_it_is(page):
    text = page.read_text("utf-8")
    fences = re.findall(r"^```(.*)$", text, re.M)
    assert set(fences[::2]) <= {"sh", "toml", "python", "ini", "text"}
    assert set(fences[1::2]) <= {""}
    outside = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    assert re.findall(r"\n\n    .*", outside) == []


@contextmanager
def served(line: list[str]) -> Iterator[None]:
    """Do what one terminal does, and give the turn to the other once it says that all is up."""
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as simulated:
        try:
            assert simulated.stdout is not None
            assert any("Ctrl-C" in said for said in simulated.stdout)
            yield
        finally:
            simulated.send_signal(signal.SIGINT)
            simulated.communicate(timeout=30)


def test_the_tutorial_works_word_for_word(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    demo, simulate, *others = blocks(ROOT / "docs/tutorial/first-flats.md", "sh")
    assert demo == "make demo\n"  # which has a test of its own
    here = f"{Path(sys.executable).parent}/"
    line, script = (
        text.replace("/tmp/", f"{tmp_path}/").replace(".venv/bin/", here)
        for text in (simulate, "".join(others))
    )
    with served(shlex.split(line)):
        done = subprocess.run(["bash", "-e", "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "all good" in done.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_link_of_a_page_leads_nowhere(page):
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text("utf-8"))
    dead = [t for t in targets if "://" not in t and not (page.parent / t).exists()]
    assert dead == []
