"""Modem lines for pseudo-terminals, compiled on the spot."""

import shutil
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("modem_lines.c")


def compiled_shim(folder: Path) -> Path:
    """Compile the library to load ahead (LD_PRELOAD); the test is left out without a compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("left out: this needs the modem-line shim, and there is no C compiler (cc)")
    library = folder / "modem_lines.so"
    flags = ["-shared", "-fPIC", "-Wall", "-Werror", "-O1"]
    subprocess.run([compiler, *flags, "-o", library, SOURCE, "-ldl"], check=True, timeout=60)
    return library
