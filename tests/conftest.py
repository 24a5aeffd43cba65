"""What all tests share: the private surroundings, and the plain word on what was left out."""

import shutil

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "flatctl", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("flatctl")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if shutil.which("indiserver"):
        return
    left_out = pytest.mark.skip(reason="indi-bin is not installed (apt install indi-bin)")
    for item in items:
        if item.get_closest_marker("indi_bin"):
            item.add_marker(left_out)


@pytest.fixture(autouse=True)
def private_surroundings(tmp_path, monkeypatch) -> None:
    """Keep history, caches and drivers' settings of a test away from the user's own."""
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"):
        folder = tmp_path / "home" / name.lower()
        folder.mkdir(parents=True, exist_ok=True)
        monkeypatch.setenv(name, str(folder))
    for name in ("FLATCTL_DEBUG", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not shutil.which("indiserver"):
        terminalreporter.write_line(
            "LEFT OUT: every test marked indi_bin, because Debian's indi-bin is not installed. "
            "Install it (apt install indi-bin) to run the flats over the real INDI server too.",
            yellow=True,
        )
