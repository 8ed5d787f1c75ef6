"""Owns how an answer is written for a client: content blocks for the model, structured output for programs."""

from pathlib import Path
from typing import Any

from mcp.types import (
    BlobResourceContents,
    CallToolResult,
    ContentBlock,
    EmbeddedResource,
    ImageContent,
    TextContent,
)

from copydesk.domain.messages import Block, clean
from copydesk.domain.proposals import Outcome
from copydesk.frontends.mcp.schemas import DeclaredTool, EditAnswer, EditStatus, ViewAnswer
from copydesk.tools.calls import CallOutcome


def write_result(tool: DeclaredTool, asked: object, outcome: CallOutcome, workspace: str) -> CallToolResult:
    """Write an answer; `asked` is the path as the client gave it. Blocking: diffs are computed."""
    given = outcome.result.content
    blocks = [{"type": "text", "text": given}] if isinstance(given, str) else given
    path = clean(str(asked))
    return CallToolResult(
        content=[_content(block, Path(workspace, path)) for block in blocks],
        structured_content=_structured(tool, path, blocks, outcome),
        is_error=outcome.result.is_error,
    )


def _content(block: Block, file: Path) -> ContentBlock:
    match block:
        case {"type": "text", "text": text}:
            return TextContent(type="text", text=text)
        case {"type": "image", "source": {"media_type": media_type, "data": data}}:
            return ImageContent(type="image", data=data, mime_type=media_type)
        case {"type": "document", "source": {"media_type": media_type, "data": data}}:
            blob = BlobResourceContents(uri=file.as_uri(), mime_type=media_type, blob=data)
            return EmbeddedResource(type="resource", resource=blob)
        case _:
            raise AssertionError(f"no tool answers with {block.get('type')}")


def _structured(tool: DeclaredTool, path: str, blocks: list[Block], outcome: CallOutcome) -> dict[str, Any] | None:
    """What programs read; None for a call that could not be carried out, of which there is only the sentence."""
    text = "\n".join(block["text"] for block in blocks if block["type"] == "text")
    if tool.answer is None or (outcome.result.is_error and outcome.outcome is None):
        return None
    if tool.answer is ViewAnswer:
        return ViewAnswer(path=path, text=text).model_dump()
    return _edit(path, text, outcome.outcome).model_dump()


def _edit(path: str, text: str, outcome: Outcome | None) -> EditAnswer:
    if outcome is None or outcome.proposal is None:
        return EditAnswer(path=path, status="unchanged", text=text, diff="", checkpoint=None)
    status: EditStatus = outcome.kind.value
    changes = outcome.proposal.changes
    diff = "".join(clean(change.diff.to_unified()) for change in changes)
    file = clean(changes[0].path)
    return EditAnswer(path=file, status=status, text=text, diff=diff, checkpoint=outcome.checkpoint or None)
