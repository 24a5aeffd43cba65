"""The pictures of a run, made while it goes on: of each set the flat that the report will show."""

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from flatctl.events import Event, Flat
from flatctl.outputs.record import RunRecord
from flatctl.outputs.thumbnail import Thumbnail, load_thumbnail


class Album:
    """Listen to the events of a run, and have its thumbnails ready at the end.

    One thread makes them beside the exposures. What it has not made is made when asked for.
    """

    def __init__(self) -> None:
        self._studio = ThreadPoolExecutor(max_workers=1, thread_name_prefix="album")
        self._made: dict[Path, Future[Thumbnail]] = {}
        self._sets: set[str] = set()

    def __call__(self, event: Event, _run: RunRecord) -> None:
        """Take one event: the first flat of a set is made a picture of."""
        if isinstance(event, Flat) and event.set not in self._sets:
            self._sets.add(event.set)
            self._made[event.path] = self._studio.submit(load_thumbnail, event.path)

    def thumbnail(self, path: Path) -> Thumbnail:
        """Return the frame as a small picture.

        Raises:
            StorageError: the file is gone or broken.

        """
        made = self._made.get(path)
        return load_thumbnail(path) if made is None else made.result()
