"""Owns the floor of a headless edit: the SDK, a loop, and no care for anything; started with a model's id."""

import sys
from pathlib import Path
from typing import Any

from anthropic import Anthropic

TOOL: Any = {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool"}


def answer(block: Any) -> Any:
    """Carry out a call without any check."""
    given = block.input
    path = Path(given["path"])
    content = path.read_text()
    if given["command"] == "str_replace":
        path.write_text(content.replace(given["old_str"], given["new_str"]))
        content = "Done."
    return {"type": "tool_result", "tool_use_id": block.id, "content": content}


def main() -> None:
    """Ask until the model stops."""
    client = Anthropic()
    messages: Any = [{"role": "user", "content": "set x to 2"}]
    while True:
        with client.messages.stream(model=sys.argv[1], max_tokens=4096, messages=messages, tools=[TOOL]) as stream:
            reply = stream.get_final_message()
        messages.append(reply.to_param())
        calls = [block for block in reply.content if block.type == "tool_use"]
        if not calls:
            return
        messages.append({"role": "user", "content": [answer(block) for block in calls]})


if __name__ == "__main__":
    main()
