"""HTML and SVG that can't be broken into: plain text is escaped where it enters an element."""

import html
from collections.abc import Sequence

from flatctl.outputs.figures import kept_together

_VOID = frozenset({"br", "circle", "img", "line", "meta", "path", "rect", "use"})


class Markup(str):
    """Text that is already HTML."""

    __slots__ = ()


def escape(text: str) -> Markup:
    """Return `text` as HTML that shows it; `Markup` stays as it is.

    A character that UTF-8 can't hold (half a file name in another encoding) becomes `?`.
    """
    if isinstance(text, Markup):
        return text
    return Markup(html.escape(text.encode("utf-8", "replace").decode("utf-8")))


def join(*parts: str, separator: str = "") -> Markup:
    """Return the parts one after the other, each escaped."""
    return Markup(separator.join(escape(part) for part in parts))


def element(name: str, *children: str, **attributes: str | float | None) -> Markup:
    """Return an element; an attribute of `None` is left out.

    Attribute names are written as in Python: `class_`, `stroke_width`.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_value(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID and not children:
        return Markup(f"<{name}{written}/>")
    return Markup(f"<{name}{written}>{join(*children)}</{name}>")


def figure(
    heading: str, drawn: Markup, caption: str = "", *notes: Markup, style: str = ""
) -> Markup:
    """Return a drawing or a picture with its heading, and a caption below it."""
    below = element("figcaption", kept_together(caption), *notes) if caption else ""
    return element("figure", element("h3", heading), drawn, below, class_=style or None)


def table(
    caption: str | None,
    columns: Sequence[tuple[str, str]],
    rows: Sequence[Sequence[str]],
    *,
    row_headings: bool = False,
) -> Markup:
    """Return a table; `columns` are pairs of heading and CSS class, for every cell below it too."""
    head = [element("th", heading, scope="col", class_=style or None) for heading, style in columns]
    body = []
    for row in rows:
        cells = []
        for place, (cell, (_, style)) in enumerate(zip(row, columns, strict=True)):
            if row_headings and place == 0:
                cells.append(element("th", cell, scope="row", class_=style or None))
            else:
                cells.append(element("td", cell, class_=style or None))
        body.append(element("tr", *cells))
    return element(
        "table",
        element("caption", caption) if caption else "",
        element("thead", element("tr", *head)),
        element("tbody", *body),
    )


def _value(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.6g}"
