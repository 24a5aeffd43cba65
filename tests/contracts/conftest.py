"""Every kind of device on its bench, by discovery; or one real device with `--device`."""

import pytest
from panel_benches import BENCHES, DOUBLES, names_of, on_hardware


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--device",
        metavar="KIND:PORT",
        help="run the contract tests of light panels on real hardware, "
        "e.g. alnitak:/dev/ttyUSB0?filler=OOO",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "bench" not in metafunc.fixturenames:
        return
    if device := metafunc.config.getoption("--device", default=None):
        names = [device]
    else:
        names = names_of(metafunc.fixturenames)
    metafunc.parametrize("bench", names, indirect=True)


@pytest.fixture
def bench(request, tmp_path):
    if request.config.getoption("--device", default=None):
        found = on_hardware(request.param)
        yield found
        found.clear()
        return
    kind, model = request.param.split(" ", 1)
    with (BENCHES | DOUBLES)[kind][model].bench(kind, tmp_path) as found:
        yield found
        found.clear()


@pytest.fixture
def light(bench):
    if bench.light is None:
        pytest.skip("nobody can see this light")
    return bench.light


@pytest.fixture
def wire(bench):
    if bench.wire is None:
        pytest.skip("there is no wire to this panel that could fail")
    return bench.wire


@pytest.fixture
def cover(bench):
    panel = bench.opened()
    if not getattr(panel, "has_cover", False):
        pytest.skip("this panel has no cover")
    return panel


@pytest.fixture
def clamp(bench):
    if bench.clamp is None:
        pytest.skip("nobody can make this panel take less than it is asked for")
    return bench.clamp


@pytest.fixture
def rename(bench):
    if bench.rename is None:
        pytest.skip("nobody can make another device of this panel")
    return bench.rename


@pytest.fixture
def flip_cover(cover):
    """A cover with the light in it: it has to be closed to shine."""
    return cover


@pytest.fixture
def sticky_cover(cover, bench):
    """A cover whose moves can be made to fail: `bench.stick(moves)`."""
    if bench.stick is None:
        pytest.skip("nobody can make this cover stick")
    return cover
