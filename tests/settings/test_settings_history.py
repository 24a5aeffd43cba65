from pathlib import Path

import pytest

from flatctl.app.history import history
from flatctl.settings.tables import Output, default_history


def test_the_history_lies_below_the_state_of_the_desktop_standard(monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", "/var/state")
    assert Output().history == Path("/var/state/flatctl/history.sqlite")


@pytest.mark.parametrize("state", ["relative", "rel/ative", ""])
def test_a_relative_state_is_ignored_as_the_standard_tells(monkeypatch, state):
    monkeypatch.setenv("XDG_STATE_HOME", state)
    assert Output().history == Path.home() / ".local/state/flatctl/history.sqlite"


def test_without_the_variable_it_lies_in_the_home_directory(monkeypatch):
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    assert default_history() == Path.home() / ".local/state/flatctl/history.sqlite"


def test_the_command_without_a_configuration_reads_the_same_file(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert history(None).runs == []
    assert Output().history.exists()
