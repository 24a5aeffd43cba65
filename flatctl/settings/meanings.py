"""What the keys mean: the texts below them in the code, read where somebody asks.

pydantic reads them too, but at every start of the program, of which that was a tenth.
"""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from functools import cache

from pydantic import BaseModel

from flatctl.settings.tables import Table


@cache
def describe() -> None:
    """Give every key of every table of a loaded module its meaning as its `description`."""
    for table in tables():
        texts = {key: text for each in reversed(table.__mro__) for key, text in _texts(each)}
        for key, field in table.model_fields.items():
            field.description = field.description or texts.get(key)


def tables(below: type[Table] = Table) -> Iterator[type[Table]]:
    """Yield all tables, each before those that are made from it."""
    for each in below.__subclasses__():
        yield each
        yield from tables(each)


def _texts(table: type) -> Iterator[tuple[str, str]]:
    if not issubclass(table, BaseModel) or table is BaseModel:
        return
    (made,) = ast.parse(textwrap.dedent(inspect.getsource(table))).body
    assert isinstance(made, ast.ClassDef)
    for key, below in zip(made.body, made.body[1:], strict=False):
        match key, below:
            case ast.AnnAssign(target=ast.Name(name)), ast.Expr(ast.Constant(str(text))):
                yield name, " ".join(text.split())
