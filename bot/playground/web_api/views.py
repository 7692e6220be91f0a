"""views.*: modals and App Home."""

from bot.playground import modals
from bot.playground.entities import Json
from bot.playground.errors import SlackError
from bot.playground.web_api.call import Call


def open_view(call: Call) -> Json:
    """views.open, with a trigger_id not older than three seconds."""
    trigger = call.playground.triggers.redeem(_trigger_id(call), call.workspace.team.id)
    return {"view": modals.open_modal(call.workspace, trigger.user_id, _view(call))}


def push(call: Call) -> Json:
    """views.push: on top of the modal in which the person did something."""
    trigger = call.playground.triggers.redeem(_trigger_id(call), call.workspace.team.id)
    return {"view": modals.push_modal(call.workspace, trigger.user_id, _view(call), over=trigger.view_id)}


def update(call: Call) -> Json:
    """views.update, by view_id or external_id; `hash` guards against overwriting a newer one."""
    view_id, external_id = call.args.text("view_id"), call.args.text("external_id")
    if not (view_id or external_id):
        raise SlackError("invalid_arguments", "Either view_id or external_id is needed.")
    user_id, view = modals.owner_of(call.workspace, view_id, external_id)
    if call.args.has("hash") and call.args.text("hash") != view["hash"]:
        raise SlackError("hash_conflict")
    return {"view": modals.update_modal(call.workspace, user_id, view["id"], _view(call))}


def publish(call: Call) -> Json:
    """views.publish: somebody's App Home."""
    user_id = call.person("user_id").id
    return {"view": modals.publish_home(call.workspace, user_id, _view(call), call.args.text("hash") or None)}


def _trigger_id(call: Call) -> str:
    if call.args.has("interactivity_pointer"):
        return call.args.text("interactivity_pointer")
    return call.args.required("trigger_id")


def _view(call: Call) -> Json:
    view: Json | None = call.args.json("view", dict)
    if view is None:
        raise SlackError("invalid_arguments", "The argument 'view' is missing.")
    return view
