from __future__ import annotations

import ast
import http.client
import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests import strict_api
from tests.strict_api import Reply, StrictApi, load_script
from tests.strict_api.script import parse_answer
from tests.unit.api_requests import EDITOR, VIEW, Json, ask, request, text

PACKAGE = Path(strict_api.__file__).parent
SCRIPT_FILE = [
    {"say": "Hello.", "thinking": "Hm.", "delay": 0.001, "per_event": 0.001, "delta_characters": 2, "chunk_bytes": 5},
    {"call": [VIEW, VIEW], "text": "Looking."},
    {"stop": "max_tokens", "say": "Half"},
    {"fail": 429, "type": "rate_limit_error", "headers": {"retry-after": "1"}},
]


def test_script_file_is_answered_entry_by_entry(tmp_path: Path) -> None:
    path = tmp_path / "script.json"
    path.write_text(json.dumps(SCRIPT_FILE), encoding="utf-8")
    with StrictApi(load_script(path)) as api:
        answers = [ask(api, request(tools=[EDITOR])) for _ in SCRIPT_FILE]
    assert [status for status, _ in answers] == [200, 200, 200, 429]
    assert [answer.get("stop_reason") for _, answer in answers[:3]] == ["end_turn", "tool_use", "max_tokens"]
    assert [block["type"] for block in answers[1][1]["content"]] == ["text", "tool_use", "tool_use"]


@pytest.mark.parametrize("entry", [{"say": "x", "speed": 1}, {"text": "x"}, {"fail": 500, "say": "x"}])
def test_script_file_is_refused_when_an_entry_makes_no_sense(tmp_path: Path, entry: Json) -> None:
    path = tmp_path / "script.json"
    path.write_text(json.dumps([{"say": "Fine."}, entry]), encoding="utf-8")
    with pytest.raises(ValueError, match="entry 2"):
        load_script(path)


def test_reply_comes_in_pieces_of_the_size_that_a_script_says() -> None:
    answer = parse_answer({"say": "Hello.", "delta_characters": 2}, "here")
    assert isinstance(answer, Reply)
    assert answer.delta_characters == 2


def test_program_serves_a_script_when_it_is_run(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text('[{"say": "Hello."}]', encoding="utf-8")
    arguments = [sys.executable, "-m", "tests.strict_api", "--script", str(script), "--loop"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, cwd=PACKAGE.parent.parent) as program:
        assert program.stdout is not None
        address, key = (pair.split("=", 1)[1] for pair in program.stdout.readline().split())
        headers = {"authorization": f"Bearer {key}", "anthropic-version": "2026-10-21"}
        connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
        for _ in range(2):
            connection.request("POST", "/v1/messages", json.dumps(request()), headers)
            assert json.loads(connection.getresponse().read())["content"] == [text("Hello.")]
            assert program.stdout.readline() == "POST /v1/messages 200\n"
        connection.close()
        program.terminate()


def imported_modules(path: Path) -> set[str]:
    modules: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {each.name for each in node.names}
        if isinstance(node, ast.ImportFrom) and not node.level:
            modules.add(node.module or "")
    return {module.split(".")[0] for module in modules}


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*.py")), ids=lambda path: path.stem)
def test_stand_in_imports_the_standard_library_alone(path: Path) -> None:
    assert imported_modules(path) <= sys.stdlib_module_names
