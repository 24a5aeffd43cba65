"""Values, keys and comments as TOML writes them, whatever characters a device's name has."""

from collections.abc import Mapping

import tomli_w


def toml_value(value: object) -> str:
    """Return a value on one line. Raises `TypeError` for what TOML has no form for."""
    match value:
        case Mapping():
            pairs = (f"{toml_key(str(key))} = {toml_value(each)}" for key, each in value.items())
            return f"{{ {', '.join(pairs)} }}"
        case list() | tuple():
            return f"[{', '.join(map(toml_value, value))}]"
        case _:
            return tomli_w.dumps({"_": value}).removeprefix("_ = ").removesuffix("\n")


def toml_key(name: str) -> str:
    """Return a key, in quotes where TOML needs them."""
    return tomli_w.dumps({name: 0}).removesuffix(" = 0\n")


def toml_comment(text: str) -> str:
    """Return a comment of one line; control characters, which end it or the file, are left out."""
    return "# " + "".join(c for c in text if c == "\t" or (c >= " " and c != "\x7f"))
