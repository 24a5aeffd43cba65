from datetime import date

import pytest

from flatctl.storage.quota import Quota

TONIGHT, TOMORROW = date(2026, 11, 22), date(2026, 11, 23)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "messages.json"


def granted(path, messages, *, at_most=3, last_word=False, night=TONIGHT, rig="rig") -> list[bool]:
    """Ask for each message by a process of its own."""
    return [Quota(path, at_most).grant(rig, night, m, last_word=last_word) for m in messages]


def test_a_night_has_so_many_messages_and_no_more_over_all_restarts(path):
    assert granted(path, "abcd", last_word=True) == [True, True, True, False]


def test_the_last_one_is_kept_for_how_it_ended(path):
    assert granted(path, "abc") == [True, True, False]
    assert granted(path, "z", last_word=True) == [True]


def test_the_same_is_not_said_twice(path):
    assert granted(path, "aa") == [True, False]


def test_the_next_night_begins_anew(path):
    granted(path, "abc")
    assert granted(path, "a", night=TOMORROW) == [True]


def test_another_rig_has_its_own(path):
    granted(path, "abc")
    assert granted(path, "a", rig="other") == [True]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"rig": 3}', '{"rig": {"night": 1}}'])
def test_a_damaged_file_is_an_empty_one(path, content):
    path.parent.mkdir()
    path.write_text(content)
    assert granted(path, "a") == [True]


def test_where_nothing_can_be_written_the_count_holds_for_the_process(tmp_path):
    (tmp_path / "file").write_text("")
    quota = Quota(tmp_path / "file" / "messages.json", 3)
    asked = [quota.grant("rig", TONIGHT, m, last_word=False) for m in "abc"]
    assert asked == [True, True, False]
