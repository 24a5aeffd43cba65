"""A night's folder of a run by hand says where its flats are."""

import json

from flatctl.app.wiring.elsewhere import elsewhere


def night(folder, *paths):
    folder.mkdir(exist_ok=True)
    flats = [{"event": "flat", "path": str(path), "time": "2026-11-22T17:00:00Z"} for path in paths]
    (folder / "run.json").write_text(json.dumps({"events": flats}))
    return folder


def test_flats_that_stayed_on_the_card_are_said_to_be_there(tmp_path):
    found = elsewhere(night(tmp_path / "n", "/card/1/a.cr2", "/card/2/b.cr2", "/card/2/b.cr2"))
    assert found.startswith("2 flats of a run by hand stayed in /card:")


def test_of_any_other_night_there_is_nothing_to_say(tmp_path):
    folder = tmp_path / "n"
    assert elsewhere(night(folder, folder / "FLAT" / "a.fits")) == ""
    (folder / "run.json").write_text("{")
    assert elsewhere(folder) == ""
