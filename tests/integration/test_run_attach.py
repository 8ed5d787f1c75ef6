"""Proves `--attach`: what is sent of an image or a document, what is kept of it, and what is refused before."""

import base64
import os
from pathlib import Path

import pytest

from copydesk.arguments import parser_for
from copydesk.domain.errors import UsageError
from copydesk.domain.events import Noticed
from copydesk.launch.screen import find_wanted, make_session
from tests.programs import surroundings
from tests.programs import warm_copydesk as copydesk
from tests.strict_api import StrictApi, say
from tests.unit.test_media import PDF, png


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "calc"
    folder.mkdir()
    (tmp_path / "shot.png").write_bytes(png(4, 5))
    (tmp_path / "plan.pdf").write_bytes(PDF)
    return folder


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def test_files_go_in_before_the_words_in_order_and_again_when_resumed(workspace: Path, tmp_path: Path) -> None:
    shot, plan = tmp_path / "shot.png", tmp_path / "plan.pdf"
    with StrictApi([say("A small picture."), say("As before.")]) as api:
        given = ("--attach", str(shot), "--attach", str(plan))
        first = copydesk("run", "--root", str(workspace), *given, "--output-format", "json", "Look.", api=api)
        shot.write_bytes(png(9, 9))
        again = copydesk("run", "--root", str(workspace), "--continue", "And now?", api=api)

    assert (api.refusals, first.code, again.code) == ([], 0, 0), first.talk + again.talk
    content = api.bodies[0]["messages"][0]["content"]
    media = [(block["type"], block["source"]["data"]) for block in content if "source" in block]
    assert media == [("image", encoded(png(4, 5))), ("document", encoded(PDF))]
    assert (content[-1]["text"], content[-2]["type"]) == ("Look.", "document")
    assert [body["messages"][0]["content"] for body in api.bodies[1:]] == [content]
    told = copydesk("sessions", "--root", str(workspace), "export", first.json["session_id"])
    assert f"Attached: {shot} is a PNG image (" in told.out
    assert "plan.pdf is a PDF document (15 bytes)." in told.out


def refused(tmp_path: Path, name: str) -> tuple[list[str], str]:
    big = tmp_path / "big.png"
    match name:
        case "missing":
            return ["--attach", str(tmp_path / "none.png")], "none.png is not there."
        case "folder":
            return ["--attach", str(tmp_path)], "is no regular file."
        case "pipe":
            os.mkfifo(tmp_path / "pipe.png")
            return ["--attach", str(tmp_path / "pipe.png")], "is no regular file."
        case "text":
            (tmp_path / "a.txt").write_text("words")
            return ["--attach", str(tmp_path / "a.txt")], "name a text in the prompt as @PATH."
        case "large":
            big.write_bytes(png(filling=bytes(4_000_000)))
            return ["--attach", str(big)], "it can be looked at up to 3,932,160."
        case "together":
            big.write_bytes(png(filling=bytes(3_900_000)))
            return ["--attach", str(big)] * 6, "bytes of a request together; at most 29,360,128."
        case "many":
            return ["--attach", str(tmp_path / "shot.png")] * 21, "at most 20 files go in with a prompt."
        case "pages":
            big.write_bytes(b"%PDF-1.7\n" + b"<< /Type /Page >>\n<< /Type/Pages >>\n" * 101 + b"%%EOF\n")
            chosen = ["--model", "claude-haiku-4-5", "--attach", str(big)]
            return chosen, "the documents have 101 pages; claude-haiku-4-5 takes at most 100."
        case "no documents":
            chosen = ["--model", "claude-3-haiku-20240307", "--attach", str(tmp_path / "plan.pdf")]
            return chosen, "claude-3-haiku-20240307 does not take PDF documents"
        case _:
            (tmp_path / "torn.png").write_bytes(png()[:-4])
            return ["--attach", str(tmp_path / "torn.png")], "damaged or not complete"


@pytest.mark.parametrize(
    "name", ["missing", "folder", "pipe", "text", "large", "together", "many", "pages", "no documents", "torn"]
)
def test_file_is_refused_before_anything_is_sent(name: str, workspace: Path, tmp_path: Path) -> None:
    options, sentence = refused(tmp_path, name)
    with StrictApi([say("Never asked.")]) as api:
        ran = copydesk("run", "--root", str(workspace), *options, "Look.", api=api)

    assert (ran.code, ran.out, api.bodies) == (2, "", [])
    assert (ran.talk.startswith("copydesk: --attach"), ran.talk.count("\n")) == (True, 1)
    assert sentence in ran.talk


@pytest.mark.anyio
async def test_session_of_the_screen_attaches_to_the_first_prompt_only(workspace: Path, tmp_path: Path) -> None:
    shot = tmp_path / "shot.png"
    options = parser_for("").parse_args(["--root", str(workspace), "--attach", str(shot)])
    with StrictApi([say("A small picture."), say("No more.")]) as api:
        session = make_session(find_wanted(options, surroundings(api)))
        session.start()
        for words in ("Look.", "And now?"):
            await session.submit(words)
            await session.idle()
        await session.close()

    sent = [block for message in api.bodies[-1]["messages"] for block in message["content"] if "source" in block]
    assert (api.refusals, [block["source"]["data"] for block in sent]) == ([], [encoded(png(4, 5))])
    said = [envelope.event.text for envelope in session.events_after(0) if isinstance(envelope.event, Noticed)]
    assert [text for text in said if "Attached" in text] == [
        f"Attached: {shot} is a PNG image ({len(png(4, 5))} bytes, 4 × 5 pixels)."
    ]


def test_screen_refuses_what_cannot_be_attached_at_the_shell(workspace: Path, tmp_path: Path) -> None:
    options = parser_for("").parse_args(["--root", str(workspace), "--attach", str(tmp_path / "none.png")])
    with pytest.raises(UsageError, match=r"none\.png is not there"):
        find_wanted(options, os.environ)
