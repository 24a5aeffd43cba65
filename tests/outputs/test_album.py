from pathlib import Path

import pytest
from event_streams import told, typed, write_flat

from flatctl.errors import StorageError
from flatctl.events import Event
from flatctl.outputs import album
from flatctl.outputs.album import Album


def flat(path: Path, name: str) -> Event:
    return typed("flat", filter="L", set=name, path=str(path))


@pytest.fixture
def loaded(monkeypatch) -> list[str]:
    """The names of the files that pictures were made of, in order."""
    names: list[str] = []
    load = album.load_thumbnail

    def noted(path: Path):
        names.append(path.name)
        return load(path)

    monkeypatch.setattr(album, "load_thumbnail", noted)
    return names


def test_the_first_flat_of_each_set_is_made_a_picture_of_while_the_run_goes_on(tmp_path, loaded):
    made = Album()
    for name in ("L", "R"):
        for number in (1, 2):
            path = tmp_path / f"{name}{number}.fits"
            write_flat(path, 33000.0)
            told(made, [flat(path, name)])
    pictures = [made.thumbnail(tmp_path / name) for name in ("L1.fits", "R1.fits")]
    assert loaded == ["L1.fits", "R1.fits"]
    assert all(picture.png for picture in pictures)


def test_any_other_picture_is_made_when_it_is_asked_for(tmp_path, loaded):
    write_flat(tmp_path / "L7.fits", 33000.0)
    assert Album().thumbnail(tmp_path / "L7.fits").png
    assert loaded == ["L7.fits"]


def test_a_file_that_is_gone_is_told_of_when_its_picture_is_asked_for(tmp_path):
    made = Album()
    told(made, [flat(tmp_path / "L1.fits", "L")])
    with pytest.raises(StorageError, match="not there any more"):
        made.thumbnail(tmp_path / "L1.fits")
