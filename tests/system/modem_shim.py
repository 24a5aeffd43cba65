"""Modem lines for pseudo-terminals, compiled on the spot."""

import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("modem_lines.c")


def compiled_shim(folder: Path) -> Path:
    """Compile the library to load ahead (LD_PRELOAD); mark tests that need it `compiler`."""
    library = folder / "modem_lines.so"
    flags = ["-shared", "-fPIC", "-Wall", "-Werror", "-O1"]
    subprocess.run(["cc", *flags, "-o", library, SOURCE, "-ldl"], check=True, timeout=60)
    return library
