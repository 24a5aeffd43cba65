"""`flatctl by-hand`: what can't be meant is said at once, and nothing is waited for."""

import pytest


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--target", "51"], 2, "--target"),
        (["--rig", "none.toml"], 3, "none.toml"),
        (["--rig", "rig.toml", "--screen"], 2, "--rig"),
        (["--count", "0"], 2, "--count"),
    ],
)
def test_a_wish_that_makes_no_sense_ends_before_anything_is_asked(
    command, tmp_path, options, code, words
):
    shown = command("by-hand", tmp_path, *options)
    assert (shown.code, words in shown.stderr) == (code, True), shown.stderr
    assert "first picture" not in shown.stderr


def test_dark_flats_with_a_light_of_ones_own_need_a_terminal(command, tmp_path):
    config = tmp_path / "rig.toml"
    config.write_text(
        '[camera]\ndevice = "any"\n[sky]\nposition = "stay"\n'
        "[rig]\nlatitude_deg = 50.0\nlongitude_deg = 8.0\n"
        f'[dark_flats]\ncount = 3\n[output]\nhistory = "{tmp_path}/h.sqlite"\n'
    )
    shown = command("by-hand", tmp_path, "--rig", config)
    assert (shown.code, "switch this light off" in shown.stderr) == (3, True), shown.stderr
