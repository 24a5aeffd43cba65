"""Tables for docs/explanation/performance.md, between their markers, with machine and versions."""

import os
import platform
import re
import subprocess
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "explanation" / "performance.md"


def table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table in Markdown."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def publish(name: str, text: str, *, write: bool) -> None:
    """Print a result, and put it into the page between the markers of that name."""
    text = f"{text}\n\n{_machine()}"
    print(text)
    if write:
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(begin)
        _, _, after = rest.partition(end)
        PAGE.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


def _machine() -> str:
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    parts = [
        f"{os.cpu_count()} × {cpu.group(1) if cpu else platform.machine()}",
        f"Linux {platform.release()}",
        f"Python {platform.python_version()}",
        f"numpy {version('numpy')}",
        f"pyindi-client {version('pyindi-client')}",
        f"indiserver {_debian('indi-bin')}",
    ]
    load, *_ = os.getloadavg()
    return f"*{date.today():%d %b %Y}: {', '.join(parts)}; load {load:.1f} meanwhile.*"


def _debian(package: str) -> str:
    command = ["dpkg-query", "-W", "-f", "${Version}", package]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
