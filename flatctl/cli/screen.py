"""Results on stdout: coloured on a terminal (unless `NO_COLOR` is set), plain elsewhere."""

import sys
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from flatctl.outputs.figures import wrapped
from flatctl.outputs.jsonlines import Outlet
from flatctl.outputs.tables import Table

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

# Where what a verdict is about begins.
_HANG = 9
# What would ring or move a terminal's cursor: bell, backspace, feeds, return.
_SILENT = dict.fromkeys((7, 8, 11, 12, 13))
# Wide enough for any line: who reads a pipe wants lines as they are.
_PIPE_WIDTH = 1000


class Screen:
    """Write lines, verdicts and tables to stdout; a reader that leaves is no error.

    What draws is loaded once there is something to draw, since many commands have a line to say.
    """

    def __init__(self) -> None:
        self._outlet = Outlet(sys.stdout)

    @cached_property
    def _console(self) -> "Console":
        from rich.console import Console

        width = None if sys.stdout.isatty() else _PIPE_WIDTH
        return Console(file=sys.stdout, highlight=False, markup=False, width=width)

    def line(self, text: str) -> None:
        """Write a line; it is never broken."""
        self._write(text)

    def verdict(
        self, subject: str, ok: bool, text: str, remedy: str = "", *, proven: bool = True
    ) -> None:
        """Write whether something is in order, and below it how to fix it if it is not."""
        word, style = ("ok", "green") if proven else ("unproven", "yellow")
        if not ok:
            word, style = "problem", "bold red"
        if not sys.stdout.isatty():
            self._write(f"{word:<9}{subject}: {text}")
            if remedy:
                self._write(f"{'':<9}{remedy}")
            return
        from rich.text import Text

        line = Text(self._broken(f"{word:<9}{subject}: {text}"))
        line.stylize(style, 0, _HANG)
        line.stylize("bold", _HANG, _HANG + len(subject) + 1)
        self._show(line, soft_wrap=True)
        if remedy:
            self._show(Text(self._broken(f"{'':<9}{remedy}")), soft_wrap=True)

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Write a table; it is narrowed to a terminal's width, and as wide as need be elsewhere."""
        from rich.table import Table as RichTable
        from rich.text import Text

        table = RichTable(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for heading in headings:
            table.add_column(heading, overflow="fold")  # the end of a name tells frames apart
        for row in rows:
            table.add_row(*(Text(str(cell)) for cell in row))
        self._show(table)

    def tables(self, tables: Iterable[Table], nothing: str = "nothing") -> None:
        """Write each table below its title, one without rows as a line that says `nothing`."""
        for title, headings, rows in tables:
            self.line(title if rows else f"{title}: {nothing}")
            if rows:
                self.table(headings, rows)
                self.line("")

    def _broken(self, line: str) -> str:
        """Return a line broken between words on a terminal, what follows below the subject."""
        return wrapped(line, self._console.width, _HANG)

    def _write(self, text: str) -> None:
        lines = (line.rstrip() for line in text.translate(_SILENT).splitlines() or [""])
        self._outlet.write("\n".join(lines) + "\n")

    def _show(self, what: "RenderableType", *, soft_wrap: bool = False) -> None:
        with self._console.capture() as captured:
            self._console.print(what, soft_wrap=soft_wrap)
        lines = (line.rstrip() for line in captured.get().splitlines())
        self._outlet.write("\n".join(lines) + "\n")
