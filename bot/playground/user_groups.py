"""User groups: made, changed, and who is in them."""

from dataclasses import replace

from bot.playground.changes import UserGroupChanged
from bot.playground.entities import UserGroup
from bot.playground.errors import SlackError
from bot.playground.workspace import Workspace


def create_group(workspace: Workspace, group_id: str, handle: str, name: str, creator_id: str) -> UserGroup:
    """Make an empty user group; raises SlackError `handle_already_exists` or `name_already_exists`."""
    _refuse_taken(workspace, group_id, handle, name)
    group = UserGroup(group_id, handle, name, created=workspace.seconds(), created_by=creator_id, updated_by=creator_id)
    return _saved(workspace, group, before=None)


def change_group(workspace: Workspace, group: UserGroup, editor_id: str, **fields: object) -> UserGroup:
    """Change a user group's fields; raises SlackError `handle_already_exists` or `name_already_exists`."""
    changed = replace(group, updated_by=editor_id, **fields)  # type: ignore[arg-type]  # the caller names UserGroup's
    _refuse_taken(workspace, group.id, changed.handle, changed.name)
    return _saved(workspace, changed, before=group)


def set_members(workspace: Workspace, group: UserGroup, members: tuple[str, ...], editor_id: str) -> UserGroup:
    """Replace a user group's members."""
    return change_group(workspace, group, editor_id, members=tuple(dict.fromkeys(members)))


def _saved(workspace: Workspace, group: UserGroup, *, before: UserGroup | None) -> UserGroup:
    saved = workspace.save_user_group(group)
    workspace.announce(UserGroupChanged(saved, before))
    return saved


def _refuse_taken(workspace: Workspace, group_id: str, handle: str, name: str) -> None:
    for other in workspace.user_groups.values():
        if other.id != group_id and other.handle.lower() == handle.lower():
            raise SlackError("handle_already_exists", f"There is a user group called @{handle} already.")
        if other.id != group_id and other.name.lower() == name.lower():
            raise SlackError("name_already_exists", f"There is a user group called {name!r} already.")
