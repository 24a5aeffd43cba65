"""Properties of an INDI device, as its driver would tell of them."""

from flatctl.devices.indi.wire.registry import Element, Property


def numbers(name: str, *, writable: bool = True, label: str = "", **elements) -> Property:
    """Make a property of numbers: name=value, (value, min, max) or (value, min, max, label)."""
    return _made(
        name, "number", [_number(key, one) for key, one in elements.items()], writable, label
    )


def switches(name: str, on: str | None, *, label: str = "", writable: bool = True, **labels):
    """Make a property of which one switch is on: element=label."""
    made = [{"name": key, "label": text, "value": key == on} for key, text in labels.items()]
    return _made(name, "switch", made, writable, label)


def texts(name: str, **elements: str) -> Property:
    """Make a property of texts."""
    made = [{"name": key, "label": key, "value": text} for key, text in elements.items()]
    return _made(name, "text", made, True, "")


def _number(name: str, facts) -> dict:
    value, low, high, label = (
        (*facts, name)[:4] if isinstance(facts, tuple) else (facts, 0, 0, name)
    )
    return {"name": name, "label": label, "value": float(value), "min": low, "max": high}


def _made(name: str, kind: str, elements: list[dict], writable: bool, label: str) -> Property:
    return Property(
        device="Cam",
        name=name,
        kind=kind,
        state="Ok",
        writable=writable,
        elements={one["name"]: Element.heard(one) for one in elements},
        serial=1,
        one_of_many=kind == "switch",
        label=label,
    )
