"""Short ways to write INDI properties down."""

from typing import Any, NamedTuple

from indipydriver import (
    NumberMember,
    NumberVector,
    SwitchMember,
    SwitchVector,
    TextMember,
    TextVector,
)


class Number(NamedTuple):
    """A member of a number property."""

    name: str
    label: str
    value: float
    low: float = 0.0
    high: float = 0.0
    step: float = 0.0
    form: str = "%g"


def numbers(name: str, label: str, group: str, *members: Number, perm: str = "rw") -> Any:
    """Return a number property."""
    made = [
        NumberMember(n.name, n.label, n.form, f"{n.low:g}", f"{n.high:g}", f"{n.step:g}", n.value)
        for n in members
    ]
    return NumberVector(name, label, group, perm, "Idle", made)


def choice(name: str, label: str, group: str, on: str, **members: str) -> Any:
    """Return a switch property of which one member is on; `members` are names with labels."""
    made = [SwitchMember(n, text, "On" if n == on else "Off") for n, text in members.items()]
    return SwitchVector(name, label, group, "rw", "OneOfMany", "Idle", made)


def button(name: str, label: str, group: str, member: str) -> Any:
    """Return a switch property that is pressed and springs back."""
    return SwitchVector(
        name, label, group, "rw", "AtMostOne", "Idle", [SwitchMember(member, label)]
    )


def texts(name: str, label: str, group: str, perm: str = "rw", **members: str) -> Any:
    """Return a text property; `members` are names with values."""
    made = [TextMember(n, n, value) for n, value in members.items()]
    return TextVector(name, label, group, perm, "Idle", made)


def turn_on(vector: Any, member: str | None) -> None:
    """Switch on that member of a switch property and all others off; None: all off."""
    for name in vector:
        vector[name] = "On" if name == member else "Off"


def chosen(vector: Any) -> str | None:
    """Return the member that is on, if one is."""
    return next((name for name in vector if vector[name] == "On"), None)
