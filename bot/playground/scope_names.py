"""OAuth scopes: which one a method or an event wants."""

FAMILIES = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}  # by kind of conversation

METHOD_SCOPES: dict[str, str] = {
    "assistant.threads.setStatus": "assistant:write",
    "assistant.threads.setSuggestedPrompts": "assistant:write",
    "assistant.threads.setTitle": "assistant:write",
    "bots.info": "users:read",
    "chat.appendStream": "chat:write",
    "chat.delete": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.postMessage": "chat:write",
    "chat.startStream": "chat:write",
    "chat.stopStream": "chat:write",
    "chat.update": "chat:write",
    "conversations.join": "channels:join",
    "files.completeUploadExternal": "files:write",
    "files.delete": "files:write",
    "files.getUploadURLExternal": "files:write",
    "files.info": "files:read",
    "pins.add": "pins:write",
    "pins.list": "pins:read",
    "pins.remove": "pins:write",
    "reactions.add": "reactions:write",
    "reactions.get": "reactions:read",
    "reactions.list": "reactions:read",
    "reactions.remove": "reactions:write",
    "team.info": "team:read",
    "usergroups.create": "usergroups:write",
    "usergroups.disable": "usergroups:write",
    "usergroups.enable": "usergroups:write",
    "usergroups.list": "usergroups:read",
    "usergroups.update": "usergroups:write",
    "usergroups.users.list": "usergroups:read",
    "usergroups.users.update": "usergroups:write",
    "users.getPresence": "users:read",
    "users.info": "users:read",
    "users.list": "users:read",
    "users.lookupByEmail": "users:read.email",
    "users.profile.get": "users.profile:read",
}
# These want the scope of the kind of conversation they are about: channels:history, groups:history and so on.
FAMILY_VERBS: dict[str, str] = {
    "conversations.history": "history",
    "conversations.info": "read",
    "conversations.leave": "write",
    "conversations.list": "read",
    "conversations.members": "read",
    "conversations.open": "write",
    "conversations.replies": "history",
    "users.conversations": "read",
}
EVENT_SCOPES: dict[str, str] = {
    "app_mention": "app_mentions:read",
    "file_shared": "files:read",
    "im_created": "im:read",
    "pin_added": "pins:read",
    "pin_removed": "pins:read",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
    "user_change": "users:read",
}

ALL_SCOPES = tuple(
    sorted(
        {*METHOD_SCOPES.values(), *EVENT_SCOPES.values(), "commands"}
        | {f"{family}:{verb}" for family in FAMILIES.values() for verb in ("history", "read")}
        | {"channels:manage", "groups:write", "im:write", "mpim:write"}
    )
)
