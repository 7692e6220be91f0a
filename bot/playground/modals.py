"""Views: the modals a person has open, and App Home."""

import hashlib
import json
from typing import Any

from bot.playground.blocks import VIEW, check_blocks
from bot.playground.changes import HomePublished, ViewChanged
from bot.playground.element_limits import length_problems, text_problems
from bot.playground.elements import initial_state, interactive_elements
from bot.playground.entities import Json
from bot.playground.errors import SlackError
from bot.playground.ids import fresh_id
from bot.playground.messaging import with_block_ids
from bot.playground.workspace import Workspace

MAX_STACK = 3
MAX_TITLE = 24
MAX_METADATA = 3000
MAX_ID = 255
MAX_BYTES = 250_000
_KEPT = (
    "type",
    "title",
    "submit",
    "close",
    "private_metadata",
    "callback_id",
    "clear_on_close",
    "notify_on_close",
    "external_id",
)


def open_modal(workspace: Workspace, user_id: str, sent: Json) -> Json:
    """Open a modal in place of whatever is open, and return its view object."""
    view = _modal(workspace, sent)
    for old in list(workspace.modals.get(user_id, [])):
        _close_one(workspace, user_id, old)
    return _place(workspace, user_id, view, [view])


def push_modal(workspace: Workspace, user_id: str, sent: Json, *, over: str | None = None) -> Json:
    """Open a modal on top; raises SlackError `push_limit_reached`, or `not_found` when nothing is open."""
    stack = workspace.modals.get(user_id, [])
    if not stack or (over is not None and all(view["id"] != over for view in stack)):
        raise SlackError("not_found")
    if len(stack) >= MAX_STACK:
        raise SlackError("push_limit_reached")
    view = _modal(workspace, sent)
    view |= {"previous_view_id": stack[-1]["id"], "root_view_id": stack[0]["id"]}
    return _place(workspace, user_id, view, [*stack, view])


def update_modal(workspace: Workspace, user_id: str, view_id: str, sent: Json) -> Json:
    """Change an open modal in place; what was filled in stays where block_id and action_id are the same."""
    old = open_view(workspace, user_id, view_id)
    new = _modal(workspace, sent, replacing=view_id) | {
        key: old[key] for key in ("id", "root_view_id", "previous_view_id")
    }
    kept = {(block["block_id"], element["action_id"]) for block, element in interactive_elements(new["blocks"])}
    for block_id, actions in old["state"]["values"].items():
        for action_id, value in actions.items():
            if (block_id, action_id) in kept:
                new["state"]["values"].setdefault(block_id, {})[action_id] = value
    return replace_view(workspace, user_id, new)


def replace_view(workspace: Workspace, user_id: str, view: Json) -> Json:
    """Put a changed view in the place of the one with its id, and show it."""
    view = view | {"hash": _hash(workspace)}
    workspace.modals[user_id] = [view if old["id"] == view["id"] else old for old in workspace.modals[user_id]]
    workspace.announce(ViewChanged(user_id, view, "updated"))
    return view


def close_view(workspace: Workspace, user_id: str, view_id: str) -> Json:
    """Close a modal, the ones below stay; returns it. Raises SlackError `view_not_found`."""
    view = open_view(workspace, user_id, view_id)
    _close_one(workspace, user_id, view)
    return view


def close_all(workspace: Workspace, user_id: str) -> None:
    """Close every modal of a person, the top one first."""
    for view in reversed(workspace.modals.get(user_id, [])):
        _close_one(workspace, user_id, view)


def open_view(workspace: Workspace, user_id: str, view_id: str) -> Json:
    """Return one of the modals a person has open; raises SlackError `view_not_found`."""
    for view in workspace.modals.get(user_id, []):
        if view["id"] == view_id:
            return view
    raise SlackError("view_not_found", "This person has no such modal open.")


def owner_of(workspace: Workspace, view_id: str, external_id: str) -> tuple[str, Json]:
    """Return who has the modal with that id or external_id open, and the modal; raises SlackError `not_found`."""
    for user_id, stack in workspace.modals.items():
        for view in stack:
            if (view_id and view["id"] == view_id) or (external_id and view["external_id"] == external_id):
                return user_id, view
    raise SlackError("not_found")


def publish_home(workspace: Workspace, user_id: str, sent: Json, expected_hash: str | None) -> Json:
    """Set a person's App Home; raises SlackError `hash_conflict` when it is not the one the bot last saw."""
    old = workspace.homes.get(user_id)
    if expected_hash and old is not None and old["hash"] != expected_hash:
        raise SlackError("hash_conflict")
    view = _view(workspace, sent, "home")
    if old is not None:
        view |= {"id": old["id"], "root_view_id": old["id"]}
    workspace.save_home(user_id, view)
    workspace.announce(HomePublished(user_id, view))
    return view


def _place(workspace: Workspace, user_id: str, view: Json, stack: list[Json]) -> Json:
    workspace.modals[user_id] = stack
    workspace.announce(ViewChanged(user_id, view, "opened"))
    return view


def _close_one(workspace: Workspace, user_id: str, view: Json) -> None:
    workspace.modals[user_id] = [other for other in workspace.modals[user_id] if other["id"] != view["id"]]
    workspace.announce(ViewChanged(user_id, view, "closed"))


def _modal(workspace: Workspace, sent: Json, *, replacing: str | None = None) -> Json:
    for key in ("title", "submit", "close"):
        if key == "title" or sent.get(key) is not None:
            for where, what in text_problems(f"/view/{key}", sent.get(key), MAX_TITLE, plain=True):
                raise _invalid(what, where)
    blocks = sent["blocks"] if isinstance(sent.get("blocks"), list) else []
    has_input = any(isinstance(block, dict) and block.get("type") == "input" for block in blocks)
    if has_input and not sent.get("submit"):
        raise _invalid("a modal with an input needs a submit button", "/view/submit")
    external_id = sent.get("external_id")
    others = (view for stack in workspace.modals.values() for view in stack if view["id"] != replacing)
    if external_id and any(view["external_id"] == external_id for view in others):
        raise SlackError("duplicate_external_id")
    return _view(workspace, sent, "modal")


def _view(workspace: Workspace, sent: Json, kind: str) -> Json:
    if len(json.dumps(sent)) > MAX_BYTES:
        raise SlackError("view_too_large")
    if sent.get("type") != kind:
        raise _invalid(f"must be {kind}", "/view/type")
    if not isinstance(sent.get("blocks"), list):
        raise _invalid("missing required field: blocks", "/view")
    for key, most in (("private_metadata", MAX_METADATA), ("callback_id", MAX_ID), ("external_id", MAX_ID)):
        if sent.get(key) is not None:
            for where, what in length_problems(f"/view/{key}", sent[key], most, least=0):
                raise _invalid(what, where)
    _check(sent["blocks"])
    view_id = fresh_id("V")
    blocks = with_block_ids([_with_input_ids(block) for block in sent["blocks"]], workspace)
    defaults: dict[str, Any] = {"private_metadata": "", "callback_id": "", "external_id": ""}
    defaults |= {"title": None, "submit": None, "close": None, "clear_on_close": False, "notify_on_close": False}
    return {
        "id": view_id,
        "team_id": workspace.team.id,
        **defaults,
        **{key: sent[key] for key in _KEPT if sent.get(key) is not None},
        "blocks": blocks,
        "state": {"values": initial_state(blocks)},
        "hash": _hash(workspace),
        "previous_view_id": None,
        "root_view_id": view_id,
        "app_id": workspace.app.id,
        "app_installed_team_id": workspace.team.id,
        "bot_id": workspace.app.bot_id,
    }


def _check(blocks: list[Json]) -> None:
    try:
        check_blocks(blocks, VIEW)
    except SlackError as err:
        messages = [message.replace("/blocks", "/view/blocks", 1) for message in err.extra["errors"]]
        raise SlackError("invalid_arguments", err.hint, response_metadata={"messages": messages}) from None


def _with_input_ids(block: Json) -> Json:
    if block.get("type") != "input" or "action_id" in block.get("element", {}):
        return block
    digest = hashlib.sha256(repr(block).encode()).hexdigest()[:5]
    return {**block, "element": {**block["element"], "action_id": digest}}


def _hash(workspace: Workspace) -> str:
    return f"{workspace.seconds()}.{fresh_id('')[1:9]}"


def _invalid(what: str, where: str) -> SlackError:
    message = f"[ERROR] {what} [json-pointer:{where}]"
    return SlackError("invalid_arguments", message, response_metadata={"messages": [message]})
