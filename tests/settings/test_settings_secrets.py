"""What is written under [notify] never comes back in a message."""

import pytest
from config_builder import SMALLEST
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flatctl.errors import ConfigError

SECRET = "hunter2verysecret"
URL = f"tgram://{SECRET}/chat"


def said_of(config, **env: str) -> str:
    try:
        return str(config.load(SMALLEST, **env))
    except ConfigError as error:
        return str(error)


@pytest.mark.parametrize(
    "text",
    [
        f'[notify]\nurls = "{URL}"',
        f'[notify]\nurls = [["{URL}"]]',
        f'[notify]\nurl = "{URL}"',
        f'[notify]\nurls = ["{URL}"\nat_most = 1',
        f'[notify]\nurls = [\n"{URL}",\n"{URL}]',
        f'[notify]\nurls = {{ a = "{URL}" }}',
        f'[notify.urls]\na = "{URL}"',
        f'[notifi]\nurls = ["{URL}"]',
        f'[output]\nnotify_urls = ["{URL}"]',
        f'[notify]\noccasions = ["{URL}"]',
    ],
)
def test_a_mistake_around_an_address_does_not_show_it(config, text):
    assert SECRET not in config.complaint(text + SMALLEST)


def test_an_address_at_the_top_of_the_file_is_not_shown_either(config):
    assert SECRET not in config.complaint(f'notify = "{URL}"\n{SMALLEST}')


@pytest.mark.parametrize("value", [URL, f'"{URL}"', f'[["{URL}"]]', f'["{URL}'])
@pytest.mark.parametrize("name", ["FLATCTL_NOTIFY__URLS", "FLATCTL_NOTIFY__URL", "FLATCTL_NOTIFY"])
def test_a_mistake_in_the_environment_does_not_show_it(config, name, value):
    assert SECRET not in said_of(config, **{name: value})


@given(key=st.sampled_from(["urls", "urls_file", "at_most", "occasions", "x"]), before=st.text())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_whatever_stands_before_it_an_address_is_not_shown(config, key, before):
    text = f"[notify]\n{key} = {before}{URL}\n"
    if "\n" not in before and "\r" not in before:
        assert SECRET not in config.complaint(text + SMALLEST)


def test_settings_do_not_show_it_when_they_are_printed(config):
    loaded = config.load(f'[notify]\nurls = ["{URL}"]{SMALLEST}')
    assert SECRET not in f"{loaded} {loaded!r} {loaded.model_dump()} {loaded.model_dump_json()}"
