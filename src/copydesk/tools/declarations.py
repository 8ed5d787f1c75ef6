"""Owns how the exploring tools are declared to a model: the same bytes in every request.

Reads no call, and loads nothing of what carries one out.
"""

from typing import Final

FIND_FILES: Final = "find_files"
SEARCH_TEXT: Final = "search_text"
_GLOB_FORM = (
    "as in .gitignore: `*.py` at any depth, `src/**/*.ts` from the directory or the workspace root on; "
    "`{ts,tsx}` means either"
)
_IGNORED = "Files that git ignores are left out (`view` shows them), and so are protected ones."


def exploring_definitions() -> tuple[dict[str, object], ...]:
    """Declare the exploring tools to the Messages API, always in the same order."""
    return find_definition(), search_definition()


def find_definition() -> dict[str, object]:
    """Declare `find_files` to the Messages API."""
    return _definition(
        FIND_FILES,
        f"Lists the files of the workspace whose path matches a pattern, sorted by path. {_IGNORED} "
        "A long list is cut, and says how many more there are.",
        {
            "pattern": _text(f"Which files, {_GLOB_FORM}. Without it all files are listed."),
            "path": _text(
                "Where to look: a directory, relative to the workspace root. Without it the whole workspace."
            ),
        },
        required=[],
    )


def search_definition() -> dict[str, object]:
    """Declare `search_text` to the Messages API."""
    return _definition(
        SEARCH_TEXT,
        "Searches the text files of the workspace for lines that match a regular expression, and shows the lines with "
        f"their numbers, by file. {_IGNORED} Binary files are not searched. "
        "A long answer is cut, and says how many more lines match.",
        {
            "pattern": _text("What to search for within a line: a regular expression in Perl's syntax."),
            "path": _text("Where to look: a directory or file, relative to the workspace root. Without it everywhere."),
            "glob": _text(f"Search only these files, {_GLOB_FORM}."),
            "literal": _switch("true to search for the pattern as it is written, not as a regular expression."),
            "ignore_case": _switch("true to take upper and lower case as the same."),
        },
        required=["pattern"],
    )


def _definition(
    name: str, description: str, properties: dict[str, object], *, required: list[str]
) -> dict[str, object]:
    schema = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return {"name": name, "description": description, "input_schema": schema}


def _text(description: str) -> dict[str, object]:
    return {"type": "string", "description": description}


def _switch(description: str) -> dict[str, object]:
    return {"type": "boolean", "description": description}
