"""Owns the published JSON Schemas of what `run` prints, as validators that name the first thing that is wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

SCHEMAS = Path(__file__).parents[1] / "docs" / "schemas"
RESULT, STREAM = "result.schema.json", "stream.schema.json"


@cache
def validator(name: str) -> Draft202012Validator:
    """The validator of a schema, which may refer to the others by their file names."""
    schemas = {path.name: json.loads(path.read_bytes()) for path in SCHEMAS.glob("*.json")}
    registry: Registry[Any] = Registry().with_resources(
        [(known, Resource.from_contents(schema)) for known, schema in schemas.items()]
    )
    return Draft202012Validator(schemas[name], registry=registry)


def complaints(name: str, value: Mapping[str, Any]) -> list[str]:
    """What a schema has against a value; empty where it fits."""
    return [f"{error.json_path}: {error.message}" for error in validator(name).iter_errors(value)]
