"""`check --light`: whether the light that is switched reaches the camera."""

from rigs import flatctl, simulated_rig


def test_a_light_that_reaches_the_camera_is_seen_and_put_out(tmp_path):
    with simulated_rig(tmp_path) as rig:
        checked = flatctl("check", rig.config, "--light")
        lit = [change["lit"] for change in rig.light()]
    said = next(line for line in checked.stdout.splitlines() if " panel:" in line)
    assert (checked.returncode, True in lit, lit[-1]) == (0, True, False)
    assert said.startswith("ok")
    assert "the camera sees it" in said
