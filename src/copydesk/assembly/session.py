"""Owns how a session is joined: its parts, its journal, and what a killed process left behind.

The environment, the clock and chance enter here and are passed on.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from copydesk.assembly.checks import offering_checks, run_check, verification
from copydesk.assembly.committing import commit_accepted, preview_commit
from copydesk.assembly.exploring import exploring_tools, files_to_mention
from copydesk.assembly.place import Place, new_session_id, recover, require_state, rule_book, scope_of
from copydesk.assembly.shelf import waiting_elsewhere
from copydesk.assembly.trust import TrustQuestion, trusts_instructions
from copydesk.changes.gate import Approver, Gate, Gathering, NobodyToAsk
from copydesk.changes.net import made_since, net_changes
from copydesk.changes.overlay import Overlay
from copydesk.changes.steps import Operation, StepMeta
from copydesk.changes.undo import InOrder, SessionChanges
from copydesk.config import Config
from copydesk.domain.commits import CommitPreview, Committed, CommitWish, NotCommitted
from copydesk.domain.events import Noticed, SessionStarted
from copydesk.domain.messages import Block
from copydesk.domain.modes import Mode
from copydesk.domain.policies import Policy
from copydesk.domain.proposals import FileChange
from copydesk.domain.unified import quoted_path
from copydesk.engine.approvals import Approvals
from copydesk.engine.attention import Attention
from copydesk.engine.bus import Bus
from copydesk.engine.commits import Commits
from copydesk.engine.context import PromptContext
from copydesk.engine.conversation import Conversation
from copydesk.engine.diary import diary
from copydesk.engine.frame import Frame
from copydesk.engine.journal import (
    Journal,
    Loaded,
    NoJournal,
    create_journal,
    decode_record,
    fork_journal,
    open_journal,
)
from copydesk.engine.person_tools import PersonTools
from copydesk.engine.recorder import Recorder
from copydesk.engine.relay import Relay
from copydesk.engine.resume import Landed, Resumed, resume, settle_reviews
from copydesk.engine.reviews import Reviews
from copydesk.engine.rewind import Rewinds
from copydesk.engine.rollbacks import Rollbacks
from copydesk.engine.session import Session, SessionParts
from copydesk.engine.shelf import find_journal
from copydesk.engine.turn import TurnRunner
from copydesk.model.client import ClaudeModel
from copydesk.tools.calls import Tool
from copydesk.tools.declarations import FIND_FILES
from copydesk.tools.declared import DeclaredChecks
from copydesk.tools.editor import EditorTool
from copydesk.tools.ports import EditorPorts, unheard
from copydesk.tools.toolbox import Toolbox
from copydesk.workspace.files import Files
from copydesk.workspace.live import keep_live


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPlan:
    """What a session is to be."""

    frame: Frame
    model: ClaudeModel
    mode: Mode
    config: Config
    max_characters: int | None = None
    is_interactive: bool = False
    """Somebody answers questions."""
    approver: Approver = field(default_factory=NobodyToAsk)
    """Who answers where nobody sits there."""
    environment: Mapping[str, str] | None = None
    """What checks are run in; None for a session that offers none."""
    checks: DeclaredChecks | None = None
    """Those that are offered; they are looked for when the session is opened."""
    relay: Relay
    leaves_record: bool = True
    resumes: str | None = None
    """A session's id, or its beginning; an empty string means the last one."""
    forks: bool = False
    """Go on with a copy of it, under an id of its own."""
    attached: tuple[Block, ...] = ()
    """What goes in with the first prompt of this opening."""


def open_session(place: Place, plan: SessionPlan) -> Session:
    """Join the parts of a session, new or resumed, and recover what a killed process left; `start` it on the loop."""
    require_state(place, plan.mode, leaves_record=plan.leaves_record)
    recovered = recover(place)
    plan = offering_checks(place, plan)
    identity, journal, loaded = _open_journal(place, plan)
    keep_live(place.applier.history.store, identity)
    changes = SessionChanges(place.applier, identity)
    overlay = Overlay.load(place.applier.history.store, place.files, identity)
    resumed = resume(identity, loaded, partial(_landed, changes, overlay)) if loaded else Resumed()
    plan, kept = as_begun(plan, resumed)
    recorder = Recorder(journal)
    recorder.tally = recorder.tally.plus(resumed.envelopes)
    bus = Bus(identity, place.circumstances.now, recorder.event)
    bus.restore(list(resumed.envelopes))
    for event in resumed.unsaid:
        bus.emit(event)
    conversation = Conversation(recorder.conversation)
    conversation.restore(resumed.dialogue)
    if resumed.results:
        conversation.add_results(resumed.results)
    for note, settles in settle_reviews(identity, loaded, place.applier.history.steps(), overlay) if loaded else ():
        conversation.keep_note(note, settles)
    if plan.forks:
        kept += _leave_behind(place, resumed, conversation)
    conversation.tell_notes()
    question = TrustQuestion(place)
    parts = _join(place, plan, bus, conversation, journal, overlay, question)
    waiting = _keep_reviewing(parts)
    elsewhere = waiting_elsewhere(place, identity) if plan.is_interactive else ()
    parts.runner.spent = resumed.spent
    recorder.on_failure = partial(_refuse_unrecorded, parts)
    return Session(
        _started(place, replace(plan, mode=parts.gate.policy.mode), loaded),
        parts,
        (*recovered, *kept, *resumed.notices, *question.notices(), *elsewhere, *waiting),
    )


def _leave_behind(place: Place, resumed: Resumed, conversation: Conversation) -> tuple[str, ...]:
    """Say to both what a copy does not have: the edits that wait for a review in the session that it is one of."""
    original = str(resumed.meta.get("copy_of", ""))
    waiting = Overlay.load(place.applier.history.store, place.files, original).images() if original else ()
    sentence = f"This session is a copy of {original or 'another one'}."
    if waiting:
        sentence += f" Edits of {', '.join(map(quoted_path, waiting))} wait for a review there and are not in it."
        conversation.keep_note(f"{sentence} View the files to see what they hold.")
    return (sentence,)


def _landed(changes: SessionChanges, overlay: Overlay, call: str, proposed: str) -> Landed:
    """What became of the edit of a call; `proposed` is the digest of what was on screen last."""
    if any(gathered.call == call for gathered in overlay.proposals):
        return Landed.WAITING
    landed = changes.landed_of(call)
    if landed is None:
        return Landed.NOTHING
    # What a person was asked about is durable before their answer; where it is not known, nobody was asked.
    return Landed.WHOLE if proposed in ("", landed.digest) else Landed.PARTLY


def _keep_reviewing(parts: SessionParts) -> tuple[str, ...]:
    """Go on in mode review where edits wait from before; whatever mode was asked for, the disk does not hold them."""
    waiting = parts.reviews.waiting
    if not waiting:
        return ()
    parts.gate.policy = replace(parts.gate.policy, mode=Mode.REVIEW)
    return (f"Opened in mode review, since edits of {', '.join(map(quoted_path, waiting))} waited for your review.",)


def as_begun(plan: SessionPlan, resumed: Resumed) -> tuple[SessionPlan, tuple[str, ...]]:
    """Keep the system prompt and the tools that a session began with: with others the API refuses its thinking."""
    if not resumed.meta:
        return plan, ()
    system, tools = resumed.meta.get("system", plan.frame.system), tuple(resumed.meta.get("tools", plan.frame.tools))
    tools = tools if _editor(tools) == _editor(plan.frame.tools) else plan.frame.tools
    changed = system != plan.frame.system or tools != plan.frame.tools
    frame = replace(plan.frame, system=system, tools=tools)
    limit = tools[0].get("max_characters")
    config = replace(plan.config, explore=any(tool.get("name") == FIND_FILES for tool in tools))
    kept = replace(plan, frame=frame, config=config, max_characters=limit if isinstance(limit, int) else None)
    return kept, ("The session goes on with the system prompt and tools that it began with.",) if changed else ()


def _editor(tools: tuple[dict[str, object], ...]) -> list[object]:
    """Name and type of the editor tool, which comes first."""
    return [(tool.get("name"), tool.get("type")) for tool in tools[:1]]


def _started(place: Place, plan: SessionPlan, loaded: Loaded | None) -> SessionStarted:
    parameters = plan.frame.parameters
    model, version = str(parameters.body["model"]), parameters.tool_version.type
    return SessionStarted(place.root.path, model, version, str(plan.mode), bool(loaded), plan.frame.price_note)


def _refuse_unrecorded(parts: SessionParts, reason: str) -> None:
    parts.gate.close(reason)
    parts.bus.emit(Noticed(reason))


def _join(
    place: Place,
    plan: SessionPlan,
    bus: Bus,
    conversation: Conversation,
    journal: Journal,
    overlay: Overlay,
    question: TrustQuestion,
) -> SessionParts:
    approvals = Approvals(bus.emit)
    meta = StepMeta(Operation.EDIT, bus.session, model=str(plan.frame.parameters.body["model"]))
    approver: Approver = approvals if plan.is_interactive else plan.approver
    gate = Gate(Policy(plan.mode, plan.config.rules()), meta, place.applier, approver, bus.emit)
    gate.gathering = Gathering(overlay, plan.is_interactive)
    attention = Attention(overlay.files, bus.emit)
    bus.observers += [attention.notice, *filter(None, [diary()])]
    toolbox = _toolbox(place, plan, gate, attention, bus, overlay)
    rollbacks = Rollbacks(gate, place.applier, bus.session, partial(place.circumstances.draw, "rollback", 6))
    return SessionParts(
        bus=bus,
        journal=journal,
        model=plan.model,
        conversation=conversation,
        runner=TurnRunner(plan.model, plan.frame, conversation, toolbox, bus.emit),
        gate=gate,
        approvals=approvals,
        rollbacks=rollbacks,
        commits=_commits(place, plan, gate, bus.session),
        rewinds=Rewinds(bus, conversation, rollbacks, overlay),
        rules=rule_book(place),
        reviews=Reviews(gate, overlay, place.files, partial(place.circumstances.draw, "review", 6)),
        attention=attention,
        context=_context(place, plan, gate, attention),
        relay=plan.relay,
        tools=_person_tools(place, plan, gate, attention, bus),
        trust=question.answer,
        verification=verification(place, plan, overlay, gate, bus),
        net=_net(place, bus.session, overlay),
    )


def _context(place: Place, plan: SessionPlan, gate: Gate, attention: Attention) -> PromptContext:
    """What collects what goes in with a prompt."""
    describe, trusts = partial(describe_place, place), partial(trusts_instructions, place)
    real_path, attached = place.files.real_path, list(plan.attached)
    return PromptContext(attention, gate, real_path, describe, trusts, plan.is_interactive, attached)


def _net(place: Place, session: str, overlay: Overlay) -> Callable[[], tuple[FileChange, ...]]:
    """What gives the edits of this opening of a session, one change a file (blocking)."""
    history = place.applier.history
    begun = history.last_number if place.state.store.exists() else 0

    def net() -> tuple[FileChange, ...]:
        made = made_since(history, session, begun) if place.state.store.exists() else {}
        return net_changes(made, overlay)

    return net


def _person_tools(place: Place, plan: SessionPlan, gate: Gate, files: Files, bus: Bus) -> PersonTools:
    runner = run_check(place, plan, plan.checks, gate, bus) if plan.checks else None
    return PersonTools(files_to_mention(place, files, gate, scope_of(place)), runner)


def _commits(place: Place, plan: SessionPlan, gate: Gate, session: str) -> Commits:
    environment = plan.environment
    if environment is None:
        none = NotCommitted(("This session does not commit.",))
        return Commits(lambda _: none, lambda _: none, gate.writing)

    def preview(wish: CommitWish) -> CommitPreview | NotCommitted:
        return preview_commit(place, session, wish, environment=environment)

    def make(wish: CommitWish) -> Committed | NotCommitted:
        return commit_accepted(place, session, wish, environment=environment)

    return Commits(preview, make, gate.writing)


def _toolbox(place: Place, plan: SessionPlan, gate: Gate, files: Files, bus: Bus, overlay: Overlay) -> Toolbox:
    """The tools of a session; `files` is what the model sees."""
    changes = InOrder((overlay, SessionChanges(place.applier, bus.session)))
    scope = scope_of(place)
    ports = EditorPorts(files, scope.real_path, gate, changes, partial(place.circumstances.draw, "proposal", 6))

    def others() -> Iterator[Tool]:
        if plan.config.explores:
            yield from exploring_tools(place, files, gate, scope, unheard)
        if plan.checks:
            yield run_check(place, plan, plan.checks, gate, bus)

    return Toolbox(EditorTool(plan.frame.parameters.tool_version, ports, plan.max_characters), others)


def _open_journal(place: Place, plan: SessionPlan) -> tuple[str, Journal, Loaded | None]:
    if plan.resumes is not None:
        path = find_journal(place.state.sessions, plan.resumes)
        if plan.forks:
            path, source = place.state.sessions / f"{new_session_id(place)}.jsonl", path
            journal, loaded = fork_journal(source, path, place.circumstances.now)
        else:
            journal, loaded = open_journal(path, place.circumstances.now)
        _say_who(journal)
        return path.stem, journal, loaded
    identity = new_session_id(place)
    if not plan.leaves_record:
        return identity, NoJournal(), None
    journal = create_journal(place.state.sessions / f"{identity}.jsonl", place.circumstances.now)
    frame = plan.frame
    begun = {"model": frame.parameters.body["model"], "system": frame.system, "tools": list(frame.tools)}
    journal.append("meta", {"session": identity, "root": place.root.path, **begun})
    _say_who(journal)
    return identity, journal, None


def _say_who(journal: Journal) -> None:
    """Name the process that holds a journal, for the next one that wants it."""
    journal.append("opened", {"process": os.getpid()}, durable=False)


def recorded_model(place: Place, prefix: str) -> str | None:
    """The model that a session began with: it goes on with it unless the person names another."""
    with find_journal(place.state.sessions, prefix).open("rb") as journal:
        first = decode_record(journal.readline().rstrip(b"\n"))
    return str(first.data["model"]) if first and "model" in first.data else None


def describe_place(place: Place) -> str:
    """One line about where a session runs, for the model."""
    branch = place.repository.branch() if (Path(place.root.path) / ".git").exists() else None
    where = f"git branch {branch}" if branch else "no git repository"
    return f"<workspace>{place.name} ({where}); paths are relative to its root</workspace>"
