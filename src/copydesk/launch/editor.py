"""Owns which editor the environment names."""

from collections.abc import Mapping

from copydesk.frontends.editors import EditorCommand


def editor_command(directory: str, environment: Mapping[str, str]) -> EditorCommand:
    """The editor that the person named, started where the workspace is."""
    return EditorCommand(environment.get("VISUAL") or environment.get("EDITOR") or "", directory, environment)
