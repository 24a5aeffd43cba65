"""HTML and SVG that can't be broken into: every plain text is escaped where it enters an element."""

import html

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


def _value(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.6g}"
