"""Whatever stands in a file or the environment, the answer is settings or a ConfigError."""

import json
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from flatctl.errors import ConfigError
from flatctl.settings.loading import load
from flatctl.settings.models import Settings
from flatctl.settings.plan import plan_flats

EXAMPLE = (Path(__file__).parents[2] / "config" / "example.toml").read_bytes()
TABLES = list(Settings.model_fields)
KEYS = sorted(
    {"device", "kind", "port", "settle_s", "gain", "binning", "start", "min", "max", "count"}
    | {"filters", "exposure_s", "brightness", "exposures_s", "target", "tolerance", "directory"}
)

scalars = st.one_of(
    st.sampled_from(['"alnitak"', '"manual"', '"indi"', "nan", "-inf", "1e999", "0x10", "true"]),
    st.sampled_from(["1979-05-27", "07:32:00", "1979-05-27T07:32:00Z", "{}", "[]", '""']),
    st.integers().map(str),
    st.integers(10**300, 10**400).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.text(st.characters(codec="utf-8")).map(json.dumps),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(st.sampled_from(KEYS), inner, max_size=3).map(
            lambda d: "{ " + ", ".join(f"{k} = {v}" for k, v in d.items()) + " }"
        ),
    ),
    max_leaves=6,
)
keys = st.one_of(st.sampled_from(KEYS), st.text(st.characters(codec="utf-8")).map(json.dumps))
lines = st.lists(st.tuples(keys, values), max_size=4).map(
    lambda pairs: "\n".join(f"{key} = {value}" for key, value in dict(pairs).items())
)
headings = st.one_of(
    st.sampled_from([*TABLES, "filters.Ha", "filters.L", "flats.exposure_s"]), keys
)
documents = st.dictionaries(headings, lines, max_size=5).map(
    lambda tables: "\n".join(f"[{name}]\n{body}" for name, body in tables.items())
)


def answers(content: bytes, folder: Path, env: dict[str, str]) -> bool:
    path = folder / "rig.toml"
    path.write_bytes(content)
    try:
        settings = load(path, env)
        plan_flats(settings, ("L", "Ha"))
    except ConfigError as error:
        return bool(str(error))
    return True


@given(st.binary())
@example(b"\x00")
@example(b'\xef\xbb\xbf"')
def test_any_bytes_get_an_answer(tmp_path_factory, content):
    assert answers(content, tmp_path_factory.getbasetemp(), {})


@given(st.binary(max_size=5), st.integers(0, len(EXAMPLE)), st.integers(0, 40))
def test_any_damage_to_a_good_file_gets_an_answer(tmp_path_factory, patch, start, length):
    content = EXAMPLE[:start] + patch + EXAMPLE[start + length :]
    assert answers(content, tmp_path_factory.getbasetemp(), {})


@given(documents)
def test_any_tables_get_an_answer(tmp_path_factory, text):
    assert answers(text.encode(), tmp_path_factory.getbasetemp(), {})


@given(st.sampled_from(TABLES), st.sampled_from(KEYS), values)
def test_any_value_of_a_key_gets_an_answer(tmp_path_factory, table, key, value):
    text = '[camera]\ndevice = "C"\n[panel]\nkind = "alnitak"\nport = "x"\n[wheel]\ndevice = "W"\n'
    if f"[{table}]\n" in text:
        text = text.replace(f"[{table}]\n", f"[{table}]\n{key} = {value}\n")
    else:
        text += f"[{table}]\n{key} = {value}\n"
    assert answers(text.encode(), tmp_path_factory.getbasetemp(), {})


names = st.one_of(
    st.tuples(st.sampled_from(TABLES), keys).map(lambda p: f"FLATCTL_{p[0]}__{p[1]}".upper()),
    st.text().map(lambda text: f"FLATCTL_{text}"),
)


@given(st.dictionaries(names, st.one_of(values, st.text()), max_size=3))
@example({"FLATCTL_FILTERS__": "3"})
@example({"FLATCTL_CAMERA__DEVICE": "\udcff"})
@example({"FLATCTL_CAMERA__DEVICE__X": "1", "FLATCTL_CAMERA__DEVICE": "x"})
def test_any_environment_gets_an_answer(tmp_path_factory, env):
    assert answers(EXAMPLE, tmp_path_factory.getbasetemp(), env)
