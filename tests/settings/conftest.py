import pytest
from config_builder import ConfigFile


@pytest.fixture
def config(tmp_path) -> ConfigFile:
    return ConfigFile(tmp_path)
