"""Proves that a batch does each task in a copy of its own, that a failing one leaves the rest, and that it resumes."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from copydesk.domain.bundle_reading import read_bundle
from copydesk.domain.errors import UsageError
from copydesk.frontends.verbs.batch import RESULT, Shard, ending_of, read_shard, read_tasks, report
from copydesk.frontends.verbs.history import Output
from tests.integration.test_run_patch import EDIT, git, tree, workspace
from tests.integration.test_run_propose import KEY
from tests.programs import Ran, command, surroundings
from tests.programs import warm_copydesk as copydesk
from tests.schemas import complaints
from tests.strict_api import StrictApi, call, fail, say

__all__ = ["workspace"]


DIES = "import os, sys\nif 'run' in sys.orig_argv:\n    os.kill(os.getpid(), 9)\n"
"""Read by each interpreter at its start: a run is killed before it has said anything."""


def lines(*tasks: dict[str, Any]) -> str:
    return "".join(f"{json.dumps(task)}\n" for task in tasks)


def batch(folder: Path, api: StrictApi, *arguments: str, tasks: str, **extra: str) -> Ran:
    file = folder / "tasks.jsonl"
    file.write_text(tasks)
    words = command("batch", str(file), "--output", str(folder / "out"), "--json", *arguments)
    done = subprocess.run(words, env=surroundings(api, **extra), cwd=folder, capture_output=True, timeout=100)
    ran = Ran(done.returncode, done.stdout.decode(), done.stderr.decode())
    assert complaints("batch.schema.json", ran.json) == []
    return ran


def task(name: str, root: Path, **more: str) -> dict[str, str]:
    return {"id": name, "prompt": "add", "root": str(root), **more}


def test_each_task_has_its_copy_and_one_that_fails_is_tried_again(workspace: Path, tmp_path: Path) -> None:
    (workspace / "sum.py").write_text("uncommitted\n")
    before = tree(workspace)
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "sum.py").write_text("total = a - b\n")
    tasks = lines(task("one", workspace), task("none", tmp_path, base_commit="HEAD"), task("two", plain))
    options = ("--options", "--max-retries 0")
    with StrictApi([fail(500), call(EDIT), say("Done.")]) as api:
        first = batch(tmp_path, api, *options, tasks=tasks)
    with StrictApi([call(EDIT), say("Done.")]) as api:
        second = batch(tmp_path, api, *options, tasks=tasks)

    assert (first.code, first.json["outcomes"]) == (1, {"broken off": 2, "done": 1})
    assert (second.code, second.json["outcomes"]) == (1, {"broken off": 1, "done": 2})
    assert "1 of 3 tasks have ended already." in second.talk
    assert "is no repository, so it has no commit HEAD" in second.talk
    assert (tree(workspace), (plain / "sum.py").read_text()) == (before, "total = a - b\n")
    out = tmp_path / "out"
    bundle = read_bundle((out / "one" / "bundle.json").read_bytes())
    assert (bundle.base_commit is None, [file.path for file in bundle.files]) == (False, ["sum.py"])
    git(workspace, "checkout", "--quiet", "sum.py")
    git(workspace, "apply", "--check", str(out / "one" / "change.patch"))
    named = [json.loads(line)["instance_id"] for line in (out / "predictions.jsonl").read_text().splitlines()]
    assert named == ["one", "two"]


def test_result_with_a_key_is_left_until_it_may_go(workspace: Path, tmp_path: Path) -> None:
    tasks = lines(task("one", workspace))
    reveals = {**EDIT, "new_str": KEY}
    with StrictApi([call(reveals), say("Done.")]) as api:
        first = batch(tmp_path, api, tasks=tasks)
    with StrictApi([]) as api:
        second = batch(tmp_path, api, tasks=tasks)
        asked = list(api.bodies)
    (found,) = first.json["tasks"]
    assert (first.code, found["outcome"], found["exit_code"]) == (1, "withheld", 1)
    assert "looks like" in found["reason"]
    assert (second.json, asked) == (first.json, [])
    assert "one: withheld. " in second.talk
    assert KEY not in first.out + first.talk + second.talk
    assert not ending_of(tmp_path / "out" / "one", includes_secrets=True).is_final


def test_task_whose_process_dies_says_so_and_leaves_the_others(workspace: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "one"
    out.mkdir(parents=True)
    (out / "change.patch").write_text("of an attempt before")
    (tmp_path / "sitecustomize.py").write_text(DIES)
    with StrictApi([]) as api:
        tasks = lines(task("one", workspace), task("two", workspace))
        ran = batch(tmp_path, api, "--shard", "1/2", tasks=tasks, PYTHONPATH=str(tmp_path))

    (found,) = ran.json["tasks"]
    assert (ran.code, found["outcome"], found["exit_code"]) == (1, "broken off", None)
    assert "ended by signal 9" in found["reason"]
    assert not (out / "change.patch").exists()
    assert ran.json["shard"] == {"number": 1, "of": 2}


@pytest.mark.parametrize(
    ("code", "outcome", "why", "found", "is_final"),
    [
        (0, "done", "end_turn", "done", True),
        (1, "failed", "", "broken off", False),
        (1, "failed", "withheld", "withheld", True),
        (2, "usage", "", "broken off", False),
        (3, "stopped", "max_steps", "stopped", True),
        (4, "denied", "end_turn", "denied", True),
        (5, "check", "end_turn", "check", True),
        (6, "unchanged", "end_turn", "unchanged", True),
        (130, "interrupted", "interrupted", "broken off", False),
        (143, "terminated", "interrupted", "broken off", False),
    ],
)
def test_only_what_found_nothing_out_is_tried_again(
    code: int, outcome: str, why: str, found: str, is_final: bool, tmp_path: Path
) -> None:
    result = {"exit_code": code, "outcome": outcome, "stop_reason": why, "reason": ""}
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / RESULT).write_text(json.dumps(result))
    ending = ending_of(tmp_path / "one")
    written: list[str] = []
    exit_code = report({"one": ending}, Shard(2, 3), Output(written.append, written.append, True, False))

    assert (ending.outcome, ending.is_final, exit_code) == (found, is_final, int(found != "done"))
    assert any(line.startswith(f"one: {found}. ") for line in written[1:]) is (found != "done")
    assert complaints("batch.schema.json", json.loads(written[0])) == []


def test_interrupted_batch_closes_its_runs(workspace: Path, tmp_path: Path) -> None:
    file = tmp_path / "tasks.jsonl"
    file.write_text(lines(task("one", workspace), task("two", workspace)))
    check = f"--check-command 'touch {tmp_path / 'begun'}; sleep 60'"
    words = command("batch", str(file), "--output", str(tmp_path / "out"), "--options", check)
    with (
        StrictApi([say("Done.")]) as api,
        subprocess.Popen(words, env=surroundings(api), cwd=tmp_path, stderr=subprocess.PIPE) as process,
    ):
        _await(tmp_path / "begun")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)

    assert process.returncode == 130
    assert json.loads((tmp_path / "out" / "one" / "result.json").read_text())["exit_code"] == 130
    assert not (tmp_path / "out" / "two").exists()


def _await(file: Path) -> None:
    until = time.monotonic() + 30
    while not file.exists():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_shards_are_all_of_the_tasks_and_each_once() -> None:
    shares = [[n for n in range(10) if read_shard(f"{number}/3").takes(n)] for number in (1, 2, 3)]

    assert sorted(chain(*shares)) == list(range(10))
    assert max(map(len, shares)) - min(map(len, shares)) == 1


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "a/b", "1/0"])
def test_share_that_is_none_is_said(text: str) -> None:
    with pytest.raises(UsageError, match="is no share"):
        read_shard(text)


def test_instance_of_swe_bench_is_a_task_of_its_clone(tmp_path: Path) -> None:
    (tmp_path / "django__django").mkdir()
    line = {"instance_id": "django__django-1", "repo": "django/django", "base_commit": "abc", "problem_statement": "x"}
    (found,) = read_tasks(lines({**line, "test_patch": "..."}), tmp_path, tmp_path)

    assert (found.id, found.prompt, found.base_commit) == ("django__django-1", "x", "abc")
    assert found.root == tmp_path / "django__django"


@pytest.mark.parametrize("given", ["--nosuch", "--max-steps", "--propose x"])
def test_options_that_no_run_takes_are_exit_2_before_anything_is_done(given: str, tmp_path: Path) -> None:
    tasks = tmp_path / "tasks.jsonl"
    tasks.write_text(lines(task("one", tmp_path)))
    ran = copydesk("batch", str(tasks), "--output", str(tmp_path / "out"), "--options", given)

    assert (ran.code, (tmp_path / "out").exists()) == (2, False)
    assert given.split()[0] in ran.talk


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "There are no tasks"),
        ("{", "Line 1 is not JSON"),
        ("[]", "Line 1 is no object"),
        ('{"id": "a/b", "prompt": "x"}', "the id 'a/b' has to be"),
        ('{"id": "a", "prompt": " "}', "the task a has no prompt"),
        ('{"id": "a", "prompt": 3}', "prompt has to be a text"),
        ('{"id": "a", "promt": "x"}', "'promt' is no key"),
        ('{"id": "a", "prompt": "x", "root": "nope"}', "there is no directory"),
        ('{"id": "a", "prompt": "x"}\n{"id": "a", "prompt": "y"}', "Line 2: there are two tasks a."),
        ('{"id": "a", "prompt": "x", "repo": "o/n"}', "needs --repositories"),
        ('{"id": "predictions-1-of-2.jsonl", "prompt": "x"}', "is a file that the batch writes itself"),
    ],
)
def test_line_that_is_wrong_is_named(text: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        read_tasks(text, tmp_path, None)

    assert sentence in str(refused.value)
