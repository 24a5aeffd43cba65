"""Filters that a person puts in: a wheel without a motor."""

from collections.abc import Callable, Sequence

from flatctl.errors import Unfit


class HandFilters:
    """Obey `flatctl.devices.protocols.FilterWheel` by asking a person.

    `ask` tells what to do, and returns whether that was done; `changed` is called once it was.
    """

    def __init__(
        self, names: Sequence[str], ask: Callable[[str], bool], changed: Callable[[], None]
    ) -> None:
        self._names, self._ask, self._changed = tuple(names), ask, changed
        self._inside: str | None = None

    @property
    def name(self) -> str:
        """The name by which users know it."""
        return "Filters"

    def open(self, timeout_s: float) -> Sequence[str]:  # noqa: ARG002 because the Protocol has it
        """Return the names."""
        return self._names

    def start(self, filter_name: str, timeout_s: float) -> None:
        """Do nothing: a person is asked once the filter is needed."""

    def select(self, filter_name: str, timeout_s: float) -> None:  # noqa: ARG002 because a person takes longer
        """Have the filter put in, unless it is; wait for that person's word.

        Raises `Unfit` where nobody says so.
        """
        if filter_name == self._inside:
            return
        if not self._ask(f"Put in the filter {filter_name}"):
            what = f"nobody said that the filter {filter_name} is in"
            raise Unfit(self.name, what, "run flatctl on a terminal, or one filter at a time")
        self._inside = filter_name
        self._changed()

    def standing(self) -> str | None:
        """Return the filter that is in, as that person said last."""
        return self._inside

    def close(self) -> None:
        """Do nothing; the filter stays in."""
