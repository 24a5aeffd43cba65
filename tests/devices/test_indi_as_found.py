"""What is remembered of how a driver was found, and what a process that was killed leaves of it."""

import pytest
from indi_properties import numbers, switches, texts

from flatctl.devices.indi.wire.as_found import AsFound

FOUND = switches("UPLOAD_MODE", "LOCAL", CLIENT="Client", LOCAL="Local")
OURS = switches("UPLOAD_MODE", "CLIENT", CLIENT="Client", LOCAL="Local")
OTHERS = switches("UPLOAD_MODE", "BOTH", CLIENT="Client", LOCAL="Local", BOTH="Both")
CLIENT = {"CLIENT": True}


def kept(remembered: AsFound) -> dict:
    return {name: one.found for name, one in remembered._of("Cam").items()}


def test_what_stands_as_wanted_is_not_remembered(tmp_path):
    remembered = AsFound(tmp_path, "here:7624")
    remembered.before(OURS, CLIENT)
    assert not remembered.knows("Cam")


def test_what_was_changed_is_known_to_the_next_process(tmp_path):
    AsFound(tmp_path, "here:7624").before(FOUND, CLIENT)
    assert kept(AsFound(tmp_path, "here:7624")) == {"UPLOAD_MODE": {"CLIENT": False, "LOCAL": True}}


def test_a_camera_of_that_name_on_another_server_is_another_one(tmp_path):
    AsFound(tmp_path, "here:7624").before(FOUND, CLIENT)
    assert not AsFound(tmp_path, "there:7624").knows("Cam")


def test_the_first_thing_found_stays_however_often_it_is_set(tmp_path):
    remembered = AsFound(tmp_path, "here:7624")
    gain = numbers("CCD_GAIN", GAIN=1)
    for value in (2.0, 3.0):
        remembered.before(gain, {"GAIN": value})
        gain = numbers("CCD_GAIN", GAIN=value)
    assert kept(remembered) == {"CCD_GAIN": {"GAIN": 1.0}}


def test_after_a_kill_the_next_run_still_knows_how_it_was_before_the_first(tmp_path):
    AsFound(tmp_path, "here:7624").before(FOUND, CLIENT)
    later = AsFound(tmp_path, "here:7624")
    later.before(OURS, CLIENT)
    assert kept(later)["UPLOAD_MODE"]["LOCAL"] is True


def test_what_somebody_has_changed_after_a_kill_is_what_is_found_then(tmp_path):
    AsFound(tmp_path, "here:7624").before(FOUND, CLIENT)
    later = AsFound(tmp_path, "here:7624")
    later.before(OTHERS, CLIENT)
    assert kept(later)["UPLOAD_MODE"] == {"CLIENT": False, "LOCAL": False, "BOTH": True}


@pytest.mark.parametrize(
    "garbage",
    ["", "[]", "{", "null", "[" * 100_000, '{"server": "here:7624", "device": "Cam"}', "\0", "é"],
)
def test_a_file_that_holds_anything_else_says_nothing(tmp_path, garbage):
    AsFound(tmp_path, "here:7624").before(FOUND, CLIENT)
    (file,) = tmp_path.glob("as-found-*.json")
    file.write_text(garbage, "latin-1")
    assert not AsFound(tmp_path, "here:7624").knows("Cam")


@pytest.mark.parametrize("value", ["[]", "{}", "null"])
def test_a_value_that_is_none_says_nothing(tmp_path, value):
    AsFound(tmp_path, "here:7624").before(FOUND, CLIENT)
    (file,) = tmp_path.glob("as-found-*.json")
    file.write_text(file.read_text().replace("true", value))
    assert not AsFound(tmp_path, "here:7624").knows("Cam")


def test_a_folder_that_takes_no_file_ends_nothing(tmp_path):
    (tmp_path / "state").write_text("in the way")
    remembered = AsFound(tmp_path / "state", "here:7624")
    remembered.before(FOUND, CLIENT)
    assert remembered.knows("Cam")


class Unanswered:
    """A client of a driver that has not answered yet: all is reported as it was found."""

    def __init__(self, *properties) -> None:
        self.properties = {one.name: one for one in properties}
        self.sent = []

    def find(self, device, name):
        return self.properties.get(name)

    def send(self, device, name, values, timeout_s):
        self.sent.append((name, values))


def test_a_text_whose_change_is_not_reported_yet_is_sent_back_all_the_same():
    followed = texts("ACTIVE_DEVICES", ACTIVE_FILTER="Wheel", ACTIVE_TELESCOPE="Mount")
    connection = switches("CONNECTION", "CONNECT", CONNECT="Connect", DISCONNECT="Disconnect")
    client, remembered = Unanswered(followed, connection), AsFound(None, "here:7624")
    remembered.before(followed, {"ACTIVE_FILTER": ""})
    assert remembered.put_back(client, "Cam", 1.0) == []
    assert client.sent == [("ACTIVE_DEVICES", {"ACTIVE_FILTER": "Wheel"})]
