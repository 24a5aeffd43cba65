"""Part of the suite once more, as Python runs it with -O: nothing may hang on an `assert`."""

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]
PART = (
    *("core/**/test_search.py", "core/**/test_series.py", "core/**/test_evidence.py"),
    *("engine/test_pipeline.py", "engine/test_shot.py"),
)


def test_search_series_and_pipeline_work_without_asserts(tmp_path):
    files = [str(path) for pattern in PART for path in TESTS.glob(pattern)]
    assert len(files) == len(PART)
    # pytest keeps the asserts of the tests themselves, and warns of all others.
    # The properties have their many examples elsewhere.
    warnings = ("-W", "ignore::pytest.PytestConfigWarning")
    options = ("-q", "-n0", *warnings, "--hypothesis-profile=brief", f"--basetemp={tmp_path}/t")
    ended = subprocess.run(
        [sys.executable, "-O", "-m", "pytest", *options, *files],
        cwd=TESTS.parent,
        env={name: v for name, v in os.environ.items() if not name.startswith("PYTEST")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
