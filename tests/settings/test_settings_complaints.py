import pytest
from config_builder import SMALLEST, WITH_WHEEL

from flatctl.errors import ConfigError
from flatctl.settings.loading import load
from flatctl.settings.messages.kinds import kinds_meant
from flatctl.settings.models import Settings
from flatctl.settings.plan import plan_flats

ALNITAK = '[camera]\ndevice = "C"\n[panel]\nkind = "alnitak"\nport = "/dev/ttyUSB0"\n'


def flats(line: str) -> str:
    return f"{SMALLEST}\n[flats]\n{line}\n"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            SMALLEST.replace("[panel]", "gian = 100\n[panel]"),
            "rig.toml: camera.gian = 100: no such key; did you mean 'gain'?",
        ),
        (
            SMALLEST + "[rig]\ngain = 100",
            "rig.toml: rig.gain = 100: no such key here; it belongs under [camera]",
        ),
        (
            SMALLEST + "[dark_flats]\nfoo = 1",
            "rig.toml: dark_flats.foo = 1: no such key; allowed are count, imagetyp, ladder",
        ),
        (SMALLEST + "[flat]", "rig.toml: flat: no such table; did you mean 'flats'?"),
        (
            SMALLEST + "[indi]\nport = '7624'",
            'rig.toml: indi.port = "7624": must be a whole number from 1 to 65535',
        ),
        (
            SMALLEST + "[indi]\nport = 70000",
            "rig.toml: indi.port = 70000: must be a whole number from 1 to 65535",
        ),
        (
            SMALLEST.replace("[panel]", "gain = nan\n[panel]"),
            "rig.toml: camera.gain = nan: must be a number",
        ),
        (
            SMALLEST.replace('"CCD Simulator"', '""'),
            'rig.toml: camera.device = "": must be a text in quotes, not empty',
        ),
        (
            '[panel]\nkind = "manual"',
            "rig.toml: camera: the table [camera] is missing",
        ),
        (
            '[camera]\n[panel]\nkind = "manual"',
            "rig.toml: camera.device: missing; must be a text in quotes, not empty: "
            "INDI device name of the camera, or alpaca://HOST[:PORT]/camera/0.",
        ),
        (
            '[camera]\ndevice = "C"',
            "rig.toml: panel: the table [panel] is missing; or "
            "add [sky], if the twilight sky is the light",
        ),
        ('panel = 3\n[camera]\ndevice = "C"', "rig.toml: panel = 3: must be a table: [panel]"),
        (
            'camera = 3\n[panel]\nkind = "manual"',
            "rig.toml: camera = 3: must be a table with device, gain, offset, iso, readout_mode, "
            "conversion_gain, low_noise, full_well, capture_format, binning, temperature_c, "
            "temperature_timeout_s, full_scale_adu, readout_timeout_s",
        ),
        (
            flats("target = 1.5"),
            "rig.toml: flats.target = 1.5: must be a number above 0 and below 1",
        ),
        (flats("target = 0"), "rig.toml: flats.target = 0: must be a number above 0 and below 1"),
        (
            flats("exposures_s = [1, 'x']"),
            'rig.toml: flats.exposures_s = [1, "x"]: must be a list, each a number above 0 and at '
            "most 3600",
        ),
        (
            flats("exposure_s = { min = 10, max = 5 }"),
            "rig.toml: flats.exposure_s.min = 10.0: above max, 5; lower min or raise max",
        ),
        (
            flats("exposure_s = { min = 40 }"),
            "rig.toml: flats.exposure_s.min = 40.0: above max, 30; lower min or raise max",
        ),
        (
            flats("exposure_s = { start = 60 }"),
            "rig.toml: flats.exposure_s.start = 60.0: outside min to max, 0.1 to 30; start inside, "
            "or widen them",
        ),
        (
            flats("brightness = { min = 0.9, max = 0.1 }"),
            "rig.toml: flats.brightness.min = 0.9: above max, 0.1; lower min or raise max",
        ),
        (
            flats("target = 0.98"),
            "rig.toml: flats.target = 0.98: ± tolerance 0.05 leaves 0 to 1 (accepted would be 0.93 "
            "to 1.03); choose a smaller tolerance or a target nearer to 0.5",
        ),
        (
            flats("exposures_s = [60]\nexposure_s = { max = 30 }"),
            "rig.toml: flats.exposures_s = [60.0]: none of them is allowed by min and max of "
            "exposure_s; widen these, or list others",
        ),
        (
            flats("exposures_s = [0.01, 60]\nexposure_s = { min = 0.1, max = 30 }"),
            "rig.toml: flats.exposures_s = [0.01, 60.0]: none of them is allowed by min and max of "
            "exposure_s; widen these, or list others",
        ),
        (
            flats('filters = ["L"]'),
            'rig.toml: flats.filters = ["L"]: needs a wheel; add [wheel] with its device, or take '
            "this out",
        ),
        (
            SMALLEST + "[filters.Ha]\ncount = 3",
            "rig.toml: filters: needs a wheel; add [wheel] with its device, or take this out",
        ),
        (
            WITH_WHEEL + '[flats]\nfilters = ["L", "R", "L"]',
            "rig.toml: flats.filters: 'L' stands in it twice; once is enough",
        ),
        (
            WITH_WHEEL + "[flats]\nfilters = []",
            "rig.toml: flats.filters = []: must be a list of texts in quotes, at least one",
        ),
        (
            WITH_WHEEL + "[filters.Ha]\nfilters = ['L']",
            'rig.toml: filters.Ha.filters = ["L"]: no such key here; it belongs under [flats]',
        ),
        (
            WITH_WHEEL + "[filters]\nHa = 3",
            "rig.toml: filters.Ha = 3: must be a table: [filters.Ha]",
        ),
        (
            WITH_WHEEL.replace("[camera]", "filters = 3\n[camera]"),
            "rig.toml: filters = 3: must be a table per filter",
        ),
        (
            WITH_WHEEL + '[filters."H α"]\ncount = 0',
            'rig.toml: filters."H α".count = 0: must be a whole number from 1 to 10000 or "auto"',
        ),
        (
            WITH_WHEEL + '[filters.""]\ncount = 1',
            "rig.toml: filters.\"\": a filter's name can't be empty",
        ),
        (
            WITH_WHEEL + "[filters.Ha]\nexposure_s = { start = 60 }",
            "rig.toml: filters.Ha.exposure_s.start = 60.0: outside min to max, 0.1 to 30; start "
            "inside, or widen them",
        ),
        (
            ALNITAK.replace('port = "/dev/ttyUSB0"', ""),
            "rig.toml: panel.port: missing; must be a text in quotes, not empty: Device file or "
            "any pyserial URL, e.g. /dev/ttyUSB0 or socket://host:port.",
        ),
        (
            ALNITAK + "prot = 3",
            "rig.toml: panel.prot = 3: no such key; did you mean 'port'?",
        ),
        (
            ALNITAK + "settle_s = -1",
            "rig.toml: panel.settle_s = -1: must be a number from 0 to 600",
        ),
        (
            ALNITAK + "terminator = 'crlf'",
            'rig.toml: panel.terminator = "crlf": must be "cr" or "lf"',
        ),
        (
            SMALLEST + '[output]\ndirectory = "~nobody-of-that-name/x"',
            'rig.toml: output.directory = "~nobody-of-that-name/x": there is no such user; write '
            "the whole path instead of ~",
        ),
        (
            SMALLEST + '[output]\ndirectory = "a\\u0000b"',
            "rig.toml: output.directory: can't hold a NUL character",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_value_and_mend(config, text, complaint):
    assert config.complaint(text) == complaint


def test_an_unknown_kind_of_panel_is_answered_with_the_kinds_there_are(config):
    text = ALNITAK.replace('"alnitak"', '"alnitack"')
    expected = (
        "rig.toml: panel.kind = \"alnitack\": no such kind of panel; did you mean 'alnitak'? kinds"
    )
    assert config.complaint(text).startswith(expected)


def test_a_panel_without_kind_is_answered_with_the_kinds_there_are(config):
    complaint = config.complaint('[camera]\ndevice = "C"\n[panel]\nport = "x"')
    assert complaint.startswith("rig.toml: panel.kind: missing; kinds are alnitak, ")


@pytest.mark.parametrize("kind", ["3", "[1]", "true", "{ a = 1 }", "nan", "1979-05-27"])
def test_a_kind_of_panel_that_is_no_text_is_refused(config, kind):
    text = ALNITAK.replace('"alnitak"', kind)
    assert config.complaint(text).startswith("rig.toml: panel.kind = ")


def test_all_mistakes_are_told_at_once(config):
    text = SMALLEST + "[rig]\nnmae = 'x'\n[indi]\nport = 0\n[flats]\nexposure_s = { min = 99 }"
    assert len(config.complaint(text).splitlines()) == 3


def test_a_start_that_was_not_written_moves_into_the_range(config):
    settings = config.load(flats("exposure_s = { max = 0.5 }"))
    assert plan_flats(settings)[0].exposure_start_s == 0.5


def test_a_long_value_is_shortened(config):
    complaint = config.complaint(SMALLEST + f"[indi]\nport = '{'x' * 500}'")
    assert len(complaint) < 150


def test_a_line_that_is_no_toml_is_shown(config):
    complaint = config.complaint("[camera]\ndevice = CCD Simulator")
    assert complaint == (
        "rig.toml: not valid TOML: Invalid value (at line 2, column 10); the line reads: "
        "device = CCD Simulator"
    )


def test_a_file_that_is_no_text_is_refused_with_the_line(config):
    config.path.write_bytes(b"[camera]\ndevice = '\xff'")
    with pytest.raises(ConfigError, match="line 2 is not UTF-8 text; save it as UTF-8"):
        load(config.path, {})


def test_a_file_nested_without_end_is_refused(config):
    assert "nested too deeply" in config.complaint("x = " + "[" * 100_000)


def test_a_number_longer_than_python_reads_is_refused(config):
    assert "not valid TOML" in config.complaint("x = " + "9" * 5000)


def test_a_missing_file_is_answered_with_how_to_get_one(config):
    with pytest.raises(ConfigError, match=r"no such file; `flatctl init .*rig.toml` writes one"):
        load(config.path, {})


def test_a_folder_is_no_configuration(tmp_path):
    with pytest.raises(ConfigError, match="can't be read: Is a directory"):
        load(tmp_path, {})


def test_a_file_without_end_is_not_read_to_its_end(config):
    config.path.symlink_to("/dev/zero")
    with pytest.raises(ConfigError, match="larger than 1 MiB"):
        load(config.path, {})


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        (
            "FLATCTL_CAMERA__GAIN",
            "lots",
            'environment variable FLATCTL_CAMERA__GAIN = "lots": must be a number',
        ),
        (
            "FLATCTL_CAMERA__GIAN",
            "3",
            "environment variable FLATCTL_CAMERA__GIAN = 3: no such key; did you mean 'gain'?",
        ),
        (
            "FLATCTL_CAMERA_GAIN",
            "3",
            "rig.toml: environment variable FLATCTL_CAMERA_GAIN: no such setting; did you mean "
            "FLATCTL_CAMERA__GAIN?",
        ),
        (
            "FLATCTL_CAMRA__GAIN",
            "3",
            "rig.toml: environment variable FLATCTL_CAMRA__GAIN: no such table; did you mean "
            f"FLATCTL_CAMERA__…? tables are {', '.join(Settings.model_fields)}",
        ),
        (
            "FLATCTL_FLATS__EXPOSURE_S__MIN",
            "99",
            "environment variable FLATCTL_FLATS__EXPOSURE_S__MIN = 99.0: above max, 30; lower min "
            "or raise max",
        ),
        (
            "FLATCTL_FLATS__EXPOSURE_S",
            "3",
            "environment variable FLATCTL_FLATS__EXPOSURE_S = 3: must be a table with start, min, "
            "max, like exposure_s = { start = 3 }",
        ),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(config, name, value, complaint):
    assert config.complaint(SMALLEST, **{name: value}) == complaint


def test_a_variable_that_reaches_into_a_value_leaves_the_files_mistake_to_be_told(config):
    text = 'camera = 3\n[panel]\nkind = "manual"'
    complaint = config.complaint(text, FLATCTL_CAMERA__DEVICE="x")
    assert complaint.startswith("rig.toml: camera = 3: must be a table")


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("listen", '"8765"', 'must be "ADDRESS:PORT"'),
        ("listen", '"0.0.0.0:65536"', 'must be "ADDRESS:PORT"'),
        ("tint", "[0.0, 0.0, 0.0]", "one weight at least must be above 0"),
        ("tint", "[1.0, 1.0]", "must be a list of 3, each a number from 0 to 1"),
        ("tint", "[1.0, 1.1, 1.0]", "must be a list of 3, each a number from 0 to 1"),
        ("token", '"short"', "must be 12 to 64 letters, digits"),
        ("token", '"a word with spaces"', "must be 12 to 64 letters, digits"),
    ],
)
def test_a_screen_that_can_not_be_is_refused(config, key, value, said):
    text = f'[camera]\ndevice = "C"\n\n[panel]\nkind = "screen"\n{key} = {value}\n'
    assert said in config.complaint(text)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("flatman", "'alnitak'"),
        ("Flat-Man XL", "'alnitak'"),
        ("flipflat", "'alnitak'"),
        ("flip_flap", "'alnitak'"),
        ("FlatMaster WiFi", "'flatmaster-wifi'"),
        ("flatmastr", "'flatmaster'"),
        ("FP2", "'deepskydad'"),
        ("wanderer", "'wanderer-v3' or 'wanderer-v4'"),
        ("Arduino", "'alnitak-arduino'"),
        ("tablet", "'screen'"),
        ("Excaliber", "'excalibur'"),
    ],
)
def test_a_kind_of_panel_may_be_called_as_its_box_is(written, meant):
    assert " or ".join(map(repr, kinds_meant(written))) == meant


@pytest.mark.parametrize("written", ["", "a", "cover", "zzzz"])
def test_a_name_that_says_nothing_suggests_no_kind(written):
    assert kinds_meant(written) == []


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("target = 51", "must be a number above 0 and below 1; 51 % is 0.51"),
        ("target = 100", "must be a number above 0 and below 1"),
        ("target = 30000", "must be a number above 0 and below 1; 30000 ADU of 65535 is 0.46"),
        ("target = 70000", "must be a number above 0 and below 1"),
        ("target = -51", "must be a number above 0 and below 1"),
        ("target = true", "must be a number above 0 and below 1"),
        ("tolerance = 5", "must be a number above 0 and below 0.5; 5 % is 0.05"),
        ("tolerance = 60", "must be a number above 0 and below 0.5"),
        ("exposure_s = 2", "must be a table with start, min, max, like exposure_s = { start = 2 }"),
        (
            "brightness = 0.4",
            "must be a table with start, min, max, like brightness = { start = 0.4 }",
        ),
    ],
)
def test_what_is_probably_meant_stands_behind_what_is_allowed(config, line, complaint):
    with pytest.raises(ConfigError) as refused:
        config.load(flats(line))
    (said,) = str(refused.value).splitlines()
    assert said.partition(": ")[2].partition(": ")[2] == complaint
