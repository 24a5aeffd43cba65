"""What all tests share: the private surroundings, and the plain word on what was left out."""

import gc
import itertools
import os
import shutil
import signal
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

# In CI the same examples every time, so that a change is judged by what it changes; whoever works
# on it gets new ones with every run. A mutant is dead with its first example, however large.
mutation = "MUTANT_UNDER_TEST" in os.environ
settings.register_profile(
    "flatctl",
    deadline=None,
    derandomize=mutation or os.environ.get("CI") == "true",
    phases=(Phase.explicit, Phase.generate) if mutation else tuple(Phase),
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.register_profile("brief", settings.get_profile("flatctl"), max_examples=5)
settings.load_profile("flatctl")

# What is ignored at its start stays ignored by a run, as under nohup: tests of signals begin with
# none ignored, however the suite itself was started.
signal.signal(signal.SIGINT, signal.default_int_handler)
for each in (signal.SIGHUP, signal.SIGTERM, signal.SIGQUIT):
    signal.signal(each, signal.SIG_DFL)


# Debian's packages that part of the suite needs: marker, program, what it is for.
OUTSIDE = {
    "indi_bin": ("indiserver", "indi-bin", "to run the flats over the real INDI server too"),
    "chromium": ("chromium", "chromium", "to light a screen in a real browser too"),
    "compiler": ("cc", "gcc", "to try a driver that wants modem lines too"),
    "siril": ("siril-cli", "siril", "to calibrate lights with our flats in a real program too"),
    "funpack": ("funpack", "libcfitsio-bin", "to unpack our compressed frames by others too"),
    "fitsverify": ("fitsverify", "fitsverify", "to hold our files against the FITS standard too"),
}


def missing() -> dict[str, tuple[str, str, str]]:
    """Return the markers whose program is not installed."""
    return {marker: needs for marker, needs in OUTSIDE.items() if not shutil.which(needs[0])}


# The parts that wait for real processes: evenly among those that compute, so that neither the
# processors idle at first nor a wait is left for the end. The longest of them come first.
WAITING = ("tests/faults", "tests/system", "tests/roundtrips", "tests/sims")
LONGEST = (
    "tests/faults/test_survived",
    *("tests/system/test_run.py", "tests/system/test_indi_", "tests/system/test_screen.py"),
    *("tests/system/test_policies_for_real.py", "tests/system/test_one_controller.py"),
    *("tests/system/test_shared_camera.py", "tests/system/test_twilight.py"),
    *("tests/system/test_first_hour.py", "tests/app/test_without_asserts.py"),
)


# Thousands of tests are objects that stay to the end: they are not searched for garbage again and
# again, neither while they are collected nor later.
gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def file_of(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def places(items: list[pytest.Item]) -> dict[str, float]:
    """Return each file's place from 0 to 1 among all, those that wait spread evenly."""
    files = sorted(
        dict.fromkeys(map(file_of, items)), key=lambda file: not file.startswith(LONGEST)
    )
    parts = (
        [file for file in files if file.startswith(WAITING)],
        [file for file in files if not file.startswith(WAITING)],
    )
    return {file: i / len(part) for part in parts for i, file in enumerate(part)}


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    for marker, (_, package, _) in missing().items():
        left_out = pytest.mark.skip(reason=f"{package} is not installed (apt install {package})")
        for item in items:
            if item.get_closest_marker(marker):
                item.add_marker(left_out)
    yield
    place = places(items)
    items.sort(key=lambda item: place[file_of(item)])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep the tests of a file in one process, where they share what the file sets up.

    Only the rows of the fault matrix take too long for that: they make two heaps each.
    """
    if config.getvalue("dist") != "loadscope":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # because xdist has no types
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            if file.startswith("tests/faults/test_survived"):
                return f"{file} {zlib.crc32(nodeid.encode()) % 2}"
            return file

    return ByFile(config, log)


class Surroundings:
    """Keep history, caches and drivers' settings away from the user's own."""

    VARIABLES = (
        *("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"),
    )

    def __init__(self, folder: Path) -> None:
        self._folders = {name: str(folder / name.lower()) for name in self.VARIABLES}
        for each in self._folders.values():
            os.mkdir(each)

    def use(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, place in self._folders.items():
            monkeypatch.setenv(name, place)
        for name in ("FLATCTL_DEBUG", "NO_COLOR"):
            monkeypatch.delenv(name, raising=False)

    def are_untouched(self) -> bool:
        try:
            return not any(map(os.listdir, self._folders.values()))
        except OSError:
            return False


@pytest.fixture(scope="session", autouse=True)
def private_session(tmp_path_factory) -> Iterator[None]:
    """Serve the fixtures of modules, which are made before those of a test."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        Surroundings(tmp_path_factory.mktemp("home")).use(monkeypatch)
        yield


@pytest.fixture(scope="session")
def new_folders(tmp_path_factory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("tests")

    def made() -> Iterator[Path]:
        for n in itertools.count():
            (folder := root / str(n)).mkdir()
            yield folder

    return made()


@pytest.fixture
def tmp_path(new_folders) -> Path:
    """Like pytest's own, which reads the names of all folders there are for every new one."""
    return next(new_folders)


@pytest.fixture(scope="session")
def untouched() -> list[Surroundings]:
    return []


@pytest.fixture(autouse=True)
def private_surroundings(new_folders, untouched, monkeypatch) -> Iterator[None]:
    """Give each test empty ones: what the last has left empty is as good as new, and is made."""
    surroundings = untouched.pop() if untouched else Surroundings(next(new_folders))
    surroundings.use(monkeypatch)
    yield
    if surroundings.are_untouched():
        untouched.append(surroundings)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for marker, (_, package, purpose) in missing().items():
        terminalreporter.write_line(
            f"LEFT OUT: every test marked {marker}, because Debian's {package} is not installed. "
            f"Install it (apt install {package}) {purpose}.",
            yellow=True,
        )
