"""Owns the MCP server: which tools it serves, and the way of a call from the client through its roots and its person.

It carries nothing out and rules on nothing: every call goes to the toolbox as the client sent it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.resolve import Elicit, ElicitationResult, ListRoots, Resolve
from mcp.server.mcpserver.tools import Tool
from mcp.server.mcpserver.utilities.func_metadata import FuncMetadata
from mcp.server.request_state import RequestStateSecurity
from mcp.types import CallToolResult, ListRootsRequest, ListRootsResult
from pydantic import ValidationError

from copydesk import __version__
from copydesk.domain.messages import ToolCall
from copydesk.frontends.mcp.approval import Approval, ElicitedApprover, answer_to, question_text
from copydesk.frontends.mcp.progress import heard_by
from copydesk.frontends.mcp.results import write_result
from copydesk.frontends.mcp.roots import limits_of
from copydesk.frontends.mcp.schemas import DeclaredTool, declare_commands, declare_others
from copydesk.tools.editor import EditorTool, Question
from copydesk.tools.toolbox import Toolbox
from copydesk.workspace.scope import Scope

NAME = "copydesk"
PATIENCE = 24 * 3600.0
"""Seconds that a person may take to answer where the client brings the answer with a second request."""

_INSTRUCTIONS = """\
View and edit the text files of one workspace. Paths are relative to its root. View what you want to change first; \
line numbers count from 1 and are not part of the file. An edit may wait for a person's approval: its result says \
whether it was applied, and why not. A refused edit changed nothing; do what the answer says instead of trying again. \
Every applied edit can be taken back by the person with `copydesk rollback`."""

Limits = tuple[str, ...] | None
Lifespan = Callable[[MCPServer[Any]], AbstractAsyncContextManager[None]]
Resolver = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Desk:
    """The parts that the server gives its clients access to."""

    editor: EditorTool
    toolbox: Toolbox
    scope: Scope
    approver: ElicitedApprover
    """The one that the editor's gate asks."""
    workspace: str
    """The real path of the root."""


def make_server(desk: Desk, lifespan: Lifespan | None = None) -> MCPServer[Any]:
    """The server, ready to be run on a transport; `lifespan` is what surrounds its work on the transport."""
    others = [given for given in desk.toolbox.definitions() if given["name"] != desk.editor.name]
    declared = [*declare_commands(desk.editor.version), *declare_others(others)]
    return MCPServer(
        NAME,
        version=__version__,
        instructions=_INSTRUCTIONS,
        tools=[_served(desk, tool) for tool in declared],
        log_level="WARNING",
        lifespan=lifespan,
        request_state_security=RequestStateSecurity.ephemeral(ttl=PATIENCE),
    )


class _AsSent(FuncMetadata):
    """Hands a client's arguments on as they are: what is wrong with them, the tool itself says."""

    def validate_arguments(self, arguments_to_validate: dict[str, Any]) -> dict[str, Any]:
        return {"arguments": arguments_to_validate}


async def client_roots(ctx: Context) -> ListRootsResult | ListRoots | None:
    """Ask the client for its roots, if it has such; ToolError where what it calls roots are none."""
    capabilities = ctx.client_capabilities
    if capabilities is None or capabilities.roots is None:
        return None
    if not ctx.session.can_send_request:
        return ListRoots()
    try:
        answer: ListRootsResult = await ctx.session.send_request(ListRootsRequest(), ListRootsResult)
        return answer
    except ValidationError as error:
        raise ToolError("The client's roots are not all `file:` URIs, so nothing is read or written.") from error


# The SDK runs a tool's resolvers before it; where the client answers with a second request, it runs them again.


def _limits_resolver(workspace: str) -> Resolver:
    async def limits(roots: Annotated[ListRootsResult | None, Resolve(client_roots)]) -> Limits:
        uris = [str(root.uri) for root in roots.roots] if roots else []
        return await asyncio.to_thread(limits_of, uris, workspace)

    return limits


def _question_resolver(desk: Desk, declared: DeclaredTool, limits_resolver: Resolver) -> Resolver:
    async def question(
        arguments: dict[str, Any], ctx: Context, limits: Annotated[Limits, Resolve(limits_resolver)]
    ) -> Question | None:
        call = _tool_call(desk, declared, arguments, ctx)
        if call.name != desk.editor.name:
            return None
        with desk.scope.narrowed(limits):
            return await desk.editor.question(call)

    return question


def _approval_resolver(question_resolver: Resolver) -> Resolver:
    async def approval(
        ctx: Context, question: Annotated[Question | None, Resolve(question_resolver)]
    ) -> Elicit[Approval] | None:
        if question is None or not can_be_asked(ctx):
            return None
        return Elicit(await asyncio.to_thread(question_text, question), Approval)

    return approval


def _served(desk: Desk, declared: DeclaredTool) -> Tool:
    limits_resolver = _limits_resolver(desk.workspace)
    question_resolver = _question_resolver(desk, declared, limits_resolver)

    async def carry_out(
        arguments: dict[str, Any],
        ctx: Context,
        limits: Annotated[Limits, Resolve(limits_resolver)],
        question: Annotated[Question | None, Resolve(question_resolver)],
        approval: Annotated[ElicitationResult[Approval], Resolve(_approval_resolver(question_resolver))],
    ) -> CallToolResult:
        answer = answer_to(question, approval)
        with desk.scope.narrowed(limits), desk.approver.answering(answer), heard_by(ctx):
            outcome = await desk.toolbox.run(_tool_call(desk, declared, arguments, ctx))
        return await asyncio.to_thread(write_result, declared, arguments.get("path"), outcome, desk.workspace)

    tool = Tool.from_function(
        carry_out, declared.name, declared.title, declared.description, annotations=declared.annotations
    )
    as_sent = _AsSent(arg_model=tool.fn_metadata.arg_model, output_schema=declared.output_schema)
    return tool.model_copy(update={"parameters": declared.input_schema, "fn_metadata": as_sent})


def _tool_call(desk: Desk, declared: DeclaredTool, arguments: dict[str, Any], ctx: Context) -> ToolCall:
    if not declared.is_command:
        return ToolCall(ctx.request_id, declared.name, arguments)
    # The tool's own name comes last: what is called `view` does nothing else.
    return ToolCall(ctx.request_id, desk.editor.name, arguments | {"command": declared.name})


def can_be_asked(ctx: Context) -> bool:
    """Whether the client shows forms to a person; one that says nothing of forms and nothing of links shows forms."""
    capabilities = ctx.client_capabilities
    elicitation = capabilities.elicitation if capabilities else None
    return elicitation is not None and (elicitation.form is not None or elicitation.url is None)
