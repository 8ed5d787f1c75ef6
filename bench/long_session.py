"""Owns a long session on disk: the journal of one turn that was really made, repeated until it is long enough."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from copydesk.engine.journal import Record, encode_record, load
from tests.strict_api import StrictApi, call, say

MODEL = "claude-opus-4-8"
ITEMS_OF_A_TURN = 5
"""A prompt, a thought, two calls and a reply."""
REPLY = """The total is **right** now: `x` was set before it was read.

- the first caller passes the value on
- the second computes it again, which costs nothing

```python
def total(values: list[int]) -> int:
    return sum(values)
```

What is left is the report in `src/report.py`, which still rounds twice.
"""
_NAMES = re.compile(r'"(?:tool_use_id|id|call|proposal)": "([^"]+)"')


@dataclass(frozen=True)
class LongSession:
    """A workspace and a state directory that holds its session."""

    folder: Path

    @property
    def workspace(self) -> Path:
        """Where the program is started."""
        return self.folder / "webshop"

    def command(self) -> list[str]:
        """Opens the session on a screen."""
        return [sys.executable, "-m", "copydesk", "--root", str(self.workspace), "--continue"]

    def environment(self, api: StrictApi) -> dict[str, str]:
        """With a model that can be asked, and the state beside the workspace."""
        return {
            **os.environ,
            "TERM": "xterm-256color",
            "ANTHROPIC_API_KEY": api.key,
            "ANTHROPIC_BASE_URL": api.url,
            "COPYDESK_STATE_DIR": str(self.folder / "state"),
        }


def make_session(items: int) -> LongSession:
    """A session of about so many items."""
    session = LongSession(Path(tempfile.mkdtemp(prefix="copydesk-bench-")))
    session.workspace.mkdir()
    (session.workspace / "a.py").write_text("x = 1\n")
    edit = {"command": "str_replace", "path": "a.py", "old_str": "x = 1", "new_str": "x = 2"}
    script = [call({"command": "view", "path": "a.py"}, thinking="The file comes first."), call(edit), say(REPLY)]
    with StrictApi(script) as api:
        command = [sys.executable, "-m", "copydesk", "run", "--root", str(session.workspace), "--model", MODEL, "set x"]
        subprocess.run(command, env=session.environment(api), check=True, capture_output=True)
    (journal,) = session.folder.glob("state/ws/*/sessions/*.jsonl")
    records = load(journal.read_bytes()).records
    journal.write_bytes(b"".join(map(encode_record, repeated(records, items // ITEMS_OF_A_TURN))))
    return session


def repeated(records: Sequence[Record], turns: int) -> Iterator[Record]:
    """What came before the first turn, and that turn so many times, each call and each event with a name of its own."""
    first = next(index for index, record in enumerate(records) if record.data.get("event") == "TurnStarted")
    yield from records[:first]
    number, seq = first, records[first].data["seq"]
    for turn in range(1, turns + 1):
        for record in records[first:]:
            number += 1
            data = renamed(record.data, turn)
            if "turn" in data:
                data["turn"] = turn
            if "seq" in data:
                data["seq"], seq = seq, seq + 1
            yield replace(record, number=number, data=data)


def renamed(data: dict[str, object], turn: int) -> dict[str, object]:
    """The record of another turn; thinking, whose signature holds in one place only, is not sent again."""
    if isinstance(content := data.get("content"), list):
        data = {**data, "content": [block for block in content if block["type"] != "thinking"]}
    text = json.dumps(data)
    for name in set(_NAMES.findall(text)):
        text = text.replace(name, f"{name}t{turn}")
    fresh: dict[str, object] = json.loads(text)
    return fresh
