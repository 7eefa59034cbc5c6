"""``/docs``: what /openapi.json says, as a page that needs no script and nothing from elsewhere."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from qa.serving.api.problems import described as description_of
from qa.serving.html.pages import page_response

router = APIRouter(include_in_schema=False)


@router.get("/docs")
def docs(request: Request) -> Response:
    """The routes, their parameters, bodies and answers."""
    described = description_of(request.app)
    return page_response("reference.html", operations=list(_operations(described)), schemas=_schemas(described))


def _operations(described: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "method": method.upper(),
            "path": path,
            "summary": operation.get("description") or operation.get("summary", ""),
            "parameters": operation.get("parameters", []),
            "body": [_type(content.get("schema", {})) for content in _contents(operation.get("requestBody", {}))],
            "answers": {
                status: (response["description"], [_type(one.get("schema", {})) for one in _contents(response)])
                for status, response in operation["responses"].items()
            },
        }
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
    ]


def _contents(holder: dict[str, Any]) -> list[dict[str, Any]]:
    return list(holder.get("content", {}).values())


def _schemas(described: dict[str, Any]) -> dict[str, Any]:
    """The named objects: description and, of each field, its type and what is said of it."""
    return {
        name: (
            schema.get("description", ""),
            {field: (_type(own), own.get("description", "")) for field, own in schema.get("properties", {}).items()},
        )
        for name, schema in described.get("components", {}).get("schemas", {}).items()
    }


def _type(schema: dict[str, Any]) -> str:
    """A schema in a few words: "list of Citation"."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(dict.fromkeys(map(_type, options)))
    if "enum" in schema or "const" in schema:
        return " | ".join(map(str, schema.get("enum", [schema.get("const")])))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return str(schema.get("type", "any"))
