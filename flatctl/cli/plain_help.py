"""Help as people read it: `CONFIG`, not `{CONFIG} <path>`; `at least 1`, not `x>=1`."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

_FIGURE = r"-?[\d.]+(?:e-?\d+)?"
_BETWEEN = re.compile(rf"({_FIGURE})<=x<=({_FIGURE})")
_AT_LEAST = re.compile(rf"x>=({_FIGURE})")
_REQUIRED = re.compile(r"(; |\[)required(?=\])")

# How typer says why a value is none, and how a person would.
_REASONS = (
    (r"Value error, ", ""),
    (r"Input should be a valid integer\b.*", "has to be a whole number"),
    (r"Input should be a valid number\b.*", "has to be a number"),
    (r"Input should be greater than or equal to", "has to be at least"),
    (r"Input should be less than or equal to", "has to be at most"),
)

Record = tuple[str, str]


# What other programs call it, or a person does who is in a hurry.
_CALLED_SO_ELSEWHERE = {
    **dict.fromkeys(("cancel", "abort", "kill", "end", "quit"), "stop"),
    **dict.fromkeys(("preview", "look", "snap", "shoot", "expose", "frame"), "test"),
    **dict.fromkeys(("start", "go", "flats", "capture", "take"), "run"),
    **dict.fromkeys(("setup", "configure", "config", "new"), "init"),
    **dict.fromkeys(("doctor", "validate"), "check"),
    **dict.fromkeys(("lights", "from-lights"), "plan"),
    **dict.fromkeys(("log", "runs"), "history"),
    **dict.fromkeys(("stack", "combine", "masters"), "master"),
}


class PlainGroup(TyperGroup):
    """A program that knows what its commands are called elsewhere."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command meant, as click does; an unknown one is told with the nearest."""
        meant = _CALLED_SO_ELSEWHERE.get(args[0]) if args else None
        if meant is not None and args[0] not in self.commands:
            ctx.fail(f"No such command {args[0]!r}. Did you mean {meant!r}?")
        return super().resolve_command(ctx, args)


class PlainCommand(TyperCommand):
    """A command whose help and errors say of arguments and figures what a person would."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for parameter in self.params:
            told: Any = parameter
            told.get_help_record = partial(_record, parameter.get_help_record)
            if parameter.param_type_name == "argument":
                told.get_usage_pieces = partial(_pieces, parameter.get_usage_pieces)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take the arguments as click does, and say plainly what is wrong with one."""
        try:
            return super().parse_args(ctx, args)
        except typer.BadParameter as wrong:
            for typers, plain in _REASONS:
                wrong.message = re.sub(typers, plain, wrong.message)
            raise


def _record(made: Callable[[Any], Record | None], context: Any) -> Record | None:
    record = made(context)
    if record is None:
        return None
    name, text = record
    text = _AT_LEAST.sub(_at_least, _BETWEEN.sub(r"\1 to \2", text))
    return name.partition(" <")[0], _REQUIRED.sub(r"\1", text).replace("[]", "").rstrip()


def _at_least(match: re.Match[str]) -> str:
    return f"at least {match[1]}" if float(match[1]) >= 1 or match[1] == "0" else "above 0"


def _pieces(made: Callable[[Any], list[str]], context: Any) -> list[str]:
    return [
        piece.replace("{", "").replace("}", "").replace("......", "...") for piece in made(context)
    ]
