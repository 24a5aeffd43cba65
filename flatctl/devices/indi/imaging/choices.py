"""Which switch of a property a word of the configuration means, and what its state is called."""

from __future__ import annotations

import re
from collections.abc import Iterable

from flatctl.devices.indi.wire.registry import Element, Property

ON, OFF = "On", "Off"
_ON = {"on", "enabled", "enable", "true", "yes", "indienabled"}
_OFF = {"off", "disabled", "disable", "false", "no", "indidisabled"}
# One letter says it in labels that have no room.
_ALIKE = {"hcg": "high", "lcg": "low", "h": "high", "l": "low"}


def choose(known: Property, wanted: str) -> str | None:
    """Return the element that is meant, by name or label in any case; `None` for no or several.

    On and off have many spellings, and what stands before a name may be the property's own or a
    vendor's: `High` means `GAIN_HIGH`.
    """
    elements = known.elements.values()
    for fits in (_is, _means, _ends_with):
        meant = [one.name for one in elements if fits(one, wanted)]
        if len(meant) == 1:
            return meant[0]
    return None


def state_of(known: Property) -> str | None:
    """Return what is chosen, by its label; On or Off of a mere switch."""
    chosen = [one for one in known.elements.values() if one.value is True]
    if len(chosen) != 1:
        single = len(known.elements) == 1 and _is_switch(known.elements.values())
        return OFF if single and not chosen else None
    element = chosen[0]
    if _is_switch(known.elements.values()):
        return ON if "on" in _tokens(element) else OFF
    return element.label or element.name


def choices(known: Property) -> str:
    """Return what can be chosen, for a message."""
    if _is_switch(known.elements.values()):
        return f"{ON}, {OFF}"
    return ", ".join(one.label or one.name for one in known.elements.values())


def _is_switch(elements: Iterable[Element]) -> bool:
    return all(_tokens(one) & {"on", "off"} for one in elements)


def _is(element: Element, wanted: str) -> bool:
    return wanted.casefold() in (element.name.casefold(), element.label.casefold())


def _means(element: Element, wanted: str) -> bool:
    return _token(wanted) in _tokens(element)


def _ends_with(element: Element, wanted: str) -> bool:
    words = [_ALIKE.get(word, word) for word in _split(wanted)]
    return bool(words) and any(
        [_ALIKE.get(word, word) for word in _split(text)][-len(words) :] == words
        for text in (element.name, element.label)
    )


def _tokens(element: Element) -> set[str]:
    return {_token(element.name), _token(element.label)} - {""}


def _token(text: str) -> str:
    """Return a text without case and signs; every spelling of on is one, and of off."""
    token = re.sub(r"[\W_]", "", text.casefold())
    if token in _ON:
        return "on"
    return "off" if token in _OFF else _ALIKE.get(token, token)


def _split(text: str) -> list[str]:
    return [word for word in re.split(r"[\W_]+", text.casefold()) if word]
