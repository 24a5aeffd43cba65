"""The API in OpenAPI 3.1, made from its routes and the models of their bodies."""

import re
from collections.abc import Mapping

import flatctl
from flatctl.web.access import Role
from flatctl.web.api import ROUTES, Api, Described

_MODELS = "#/components/schemas/{model}"


def openapi() -> dict[str, object]:
    """Return the description of all routes."""
    paths: dict[str, dict[str, object]] = {}
    schemas: dict[str, object] = {"Problem": _PROBLEM}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
        if route.body is not None:
            made = route.body.model_json_schema(ref_template=_MODELS)
            schemas |= made.pop("$defs", {})
            schemas[route.body.__name__] = made
    return {
        "openapi": "3.1.0",
        "info": {"title": "flatctl", "version": flatctl.__version__},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "flatctl"},
            },
        },
    }


_PROBLEM: Mapping[str, object] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "mend"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong, and where."},
        "mend": {"type": "string", "description": "What to do about it."},
        "field": {"type": "string", "description": "The field that is wrong, with 422."},
    },
}


def _operation(route: Described) -> dict[str, object]:
    in_path = re.findall(r"{(\w+)}", route.path)
    parameters = [_parameter(name, "path") for name in in_path]
    parameters += [_parameter(name, "query") for name in route.query]
    asked = route.method == "POST" and route.role is Role.DRIVE
    said = (getattr(Api, route.answer).__doc__ or "").splitlines()[0]
    operation: dict[str, object] = {
        "operationId": route.answer,
        "summary": said,
        "parameters": parameters,
        "responses": {
            "202" if asked else "200": {
                "description": "Begun; see the job." if asked else "Done.",
                "content": {route.kind: {}},
            },
            "default": {
                "description": "Refused.",
                "content": {
                    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                },
            },
        },
    }
    if route.role is not Role.NOBODY:
        operation["security"] = [{"token": []}, {"cookie": []}]
        operation["description"] = f"Role: {route.role.name.lower()}."
    if route.body is not None:
        operation["parameters"] = [
            *parameters,
            _parameter("X-Flatctl", "header", required=True),
            _parameter("Idempotency-Key", "header"),
        ]
        schema = {"$ref": f"#/components/schemas/{route.body.__name__}"}
        operation["requestBody"] = {"content": {"application/json": {"schema": schema}}}
    return operation


def _parameter(name: str, where: str, *, required: bool | None = None) -> dict[str, object]:
    needed = where == "path" if required is None else required
    return {"name": name, "in": where, "required": needed, "schema": {"type": "string"}}
