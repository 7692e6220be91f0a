"""What a person does that the app hears of at once: clicks, commands, shortcuts, and modals sent or closed."""

import contextlib
from collections.abc import Callable
from typing import Any

from bot.playground import modals
from bot.playground.arguments import Arguments
from bot.playground.elements import action_of, find_element, initial_state, with_values
from bot.playground.entities import Channel, Json, Message, Person
from bot.playground.errors import SlackError
from bot.playground.payloads import message_payload
from bot.playground.playground import Playground
from bot.playground.responses import Response
from bot.playground.workspace import Workspace

OnAck = Callable[[bool, Json | None], None]


class Interactions:
    """Sends what one person does in one workspace. `on_ack` is called once the app has acknowledged, or has not."""

    def __init__(self, playground: Playground, workspace: Workspace, person: Person) -> None:
        self._playground = playground
        self._workspace = workspace
        self._person = person

    def click_in_message(self, channel: Channel, message: Message, request: Json, on_ack: OnAck) -> str:
        """Click or choose in a message; returns the trigger_id. Raises SlackError `element_not_found`."""
        block, element = find_element(message.blocks, request["action_id"], request.get("block_id"))
        action = self._action(block, element, request.get("value"))
        trigger_id = self._trigger()
        ephemeral = message.visible_to is not None
        container: Json = {"type": "message", "message_ts": message.ts, "channel_id": channel.id}
        container["is_ephemeral"] = ephemeral
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        payload = self._payload("block_actions", trigger_id) | {
            "container": container,
            "channel": {"id": channel.id, "name": _channel_name(channel)},
            "state": {
                "values": with_values(initial_state(message.blocks), message.blocks, _chosen(block, element, request))
            },
            "response_url": self._response_url(channel, message_ts=message.ts, thread_ts=message.thread_ts),
            "actions": [action],
        }
        if not ephemeral:  # Slack leaves the message out when it is ephemeral
            payload["message"] = message_payload(self._workspace, message)
        self._send(payload, self._complaining(on_ack, channel, message.thread_ts, "That did not work"))
        return trigger_id

    def click_in_view(self, view: Json, request: Json, on_ack: OnAck) -> str:
        """Click or choose in a modal or App Home; returns the trigger_id. A choice stays in the view."""
        block, element = find_element(view["blocks"], request["action_id"], request.get("block_id"))
        action = self._action(block, element, request.get("value"))
        values = with_values(view["state"]["values"], view["blocks"], request.get("values") or {})
        view = view | {"state": {"values": with_values(values, view["blocks"], _chosen(block, element, request))}}
        self._keep(view)
        trigger_id = self._trigger(view_id=view["id"])
        payload = self._payload("block_actions", trigger_id) | {
            "container": {"type": "view", "view_id": view["id"]},
            "view": _sent_view(view),
            "state": view["state"],
            "actions": [action],
        }
        self._send(payload, on_ack)
        return trigger_id

    def run_command(self, channel: Channel, command: str, text: str, thread_ts: str | None, on_ack: OnAck) -> str:
        """Run a slash command; returns the trigger_id. What the app acknowledges with is shown to this person alone."""
        trigger_id = self._trigger()
        payload = {
            "token": "playground",
            "team_id": self._workspace.team.id,
            "team_domain": self._workspace.team.domain,
            "channel_id": channel.id,
            "channel_name": _channel_name(channel),
            "user_id": self._person.id,
            "user_name": self._person.name,
            "command": command,
            "text": text,
            "api_app_id": self._workspace.app.id,
            "is_enterprise_install": "false",
            "response_url": self._response_url(channel, thread_ts=thread_ts),
            "trigger_id": trigger_id,
        }

        def acknowledged(done: bool, response: Json | None) -> None:
            if done and response:
                self._answer(channel, thread_ts, command, response)
            on_ack(done, response)

        complaining = self._complaining(acknowledged, channel, thread_ts, f"{command} failed")
        self._playground.delivery.send("slash_commands", payload, complaining)
        return trigger_id

    def _answer(self, channel: Channel, thread_ts: str | None, command: str, response: Json) -> None:
        try:
            Response(self._workspace, channel, self._person.id, None, thread_ts).post(response)
        except SlackError as err:
            self._complain(channel, thread_ts, f'{command} failed with the error "{err.code}".', err.code)

    def run_shortcut(self, callback_id: str, message: Message | None, on_ack: OnAck) -> str:
        """Run a shortcut on a message, or a global one; returns the trigger_id."""
        trigger_id = self._trigger()
        kind = "shortcut" if message is None else "message_action"
        payload = self._payload(kind, trigger_id) | {"callback_id": callback_id}
        payload["action_ts"] = self._workspace.timestamps.next()
        if message is not None:
            channel = self._workspace.channels[message.channel_id]
            payload |= {
                "message_ts": message.ts,
                "channel": {"id": channel.id, "name": _channel_name(channel)},
                "message": message_payload(self._workspace, message),
                "response_url": self._response_url(channel, message_ts=message.ts, thread_ts=message.thread_ts),
            }
        self._send(payload, on_ack)
        return trigger_id

    def submit(self, view: Json, values: Json, on_ack: OnAck) -> str:
        """Send a modal off; returns the trigger_id. What happens to it is what the app acknowledges with."""
        state = {"values": with_values(view["state"]["values"], view["blocks"], values)}
        view = {key: value for key, value in view.items() if key != "errors"} | {"state": state}
        self._keep(view)
        trigger_id = self._trigger(view_id=view["id"])
        payload = self._payload("view_submission", trigger_id) | {"view": _sent_view(view), "response_urls": []}

        def acknowledged(done: bool, response: Json | None) -> None:
            self._settle(view, done, response)
            on_ack(done, response)

        self._send(payload, acknowledged)
        return trigger_id

    def close(self, view: Json) -> None:
        """Cancel a modal, with `clear_on_close` all the others too; the app hears of it when it asked to."""
        cleared = bool(view["clear_on_close"])
        stack = self._workspace.modals[self._person.id]
        for closed in reversed(stack) if cleared else [view]:
            modals.close_view(self._workspace, self._person.id, closed["id"])
            self._tell_closed(closed, cleared=cleared)

    def _tell_closed(self, view: Json, *, cleared: bool) -> None:
        if view["notify_on_close"]:
            payload = self._payload("view_closed", None) | {"view": _sent_view(view), "is_cleared": cleared}
            self._send(payload, _ignore)

    def _settle(self, view: Json, done: bool, response: Json | None) -> None:
        """Do what the answer to a submit says; the modal may have been closed meanwhile."""
        user_id = self._person.id
        if all(other["id"] != view["id"] for other in self._workspace.modals.get(user_id, [])):
            return
        action = (response or {}).get("response_action")
        try:
            if not done:
                self._refuse(view, {"": "The app did not answer in time. Try again."})
            elif action == "errors":
                self._refuse(view, Arguments(response or {}).json("errors", dict) or {})
            elif action in ("update", "push"):
                sent = Arguments(response or {}).json("view", dict)
                if sent is None:
                    raise SlackError("invalid_arguments", "the answer holds no view")
                if action == "update":
                    modals.update_modal(self._workspace, user_id, view["id"], sent)
                else:
                    modals.push_modal(self._workspace, user_id, sent)
            elif action == "clear":
                modals.close_all(self._workspace, user_id)
            else:
                modals.close_view(self._workspace, user_id, view["id"])
        except SlackError as err:
            self._refuse(view, {"": f"The app answered with something Slack does not take: {err.hint or err.code}"})

    def _refuse(self, view: Json, errors: Json) -> None:
        modals.replace_view(self._workspace, self._person.id, view | {"errors": errors})

    def _keep(self, view: Json) -> None:
        stack = self._workspace.modals.get(self._person.id, [])
        self._workspace.modals[self._person.id] = [view if old["id"] == view["id"] else old for old in stack]

    def _action(self, block: Json, element: Json, value: Any) -> Json:
        return action_of(block, element, value, self._workspace.timestamps.next())

    def _payload(self, kind: str, trigger_id: str | None) -> Json:
        team, person = self._workspace.team, self._person
        payload: Json = {
            "type": kind,
            "team": {"id": team.id, "domain": team.domain},
            "enterprise": None,
            "is_enterprise_install": False,
            "user": {"id": person.id, "username": person.name, "name": person.name, "team_id": team.id},
            "api_app_id": self._workspace.app.id,
            "token": "playground",
        }
        return payload if trigger_id is None else payload | {"trigger_id": trigger_id}

    def _trigger(self, *, view_id: str | None = None) -> str:
        return self._playground.triggers.issue(self._workspace.team.id, self._person.id, view_id=view_id)

    def _response_url(self, channel: Channel, *, message_ts: str | None = None, thread_ts: str | None = None) -> str:
        path = self._playground.response_urls.issue(
            self._workspace.team.id, channel.id, self._person.id, message_ts=message_ts, thread_ts=thread_ts
        )
        return self._playground.origin + path

    def _send(self, payload: Json, on_ack: OnAck) -> None:
        self._playground.delivery.send("interactive", payload, on_ack)

    def _complaining(self, on_ack: OnAck, channel: Channel, thread_ts: str | None, what: str) -> OnAck:
        """Return `on_ack` with what Slack does besides when the app stays silent: it tells the person."""

        def tell(done: bool, response: Json | None) -> None:
            if not done:
                text = f'{what} with the error "operation_timeout": the app did not answer.'
                self._complain(channel, thread_ts, text, "operation_timeout")
            on_ack(done, response)

        return tell

    def _complain(self, channel: Channel, thread_ts: str | None, text: str, failed: str) -> None:
        """Tell the person what went wrong, unless the channel is archived or the thread gone by now."""
        with contextlib.suppress(SlackError):
            Response(self._workspace, channel, self._person.id, None, thread_ts).post({"text": text}, failed=failed)


def _chosen(block: Json, element: Json, request: Json) -> Json:
    if element["type"] in ("button", "icon_button", "feedback_buttons", "overflow"):
        return {}
    return {block["block_id"]: {element["action_id"]: request.get("value")}}


def _sent_view(view: Json) -> Json:
    return {key: value for key, value in view.items() if key != "errors"}


def _channel_name(channel: Channel) -> str:
    return {"im": "directmessage", "group": "privategroup"}.get(channel.kind, channel.name)


def _ignore(_done: bool, _response: Json | None) -> None:
    """Nobody waits for this acknowledgement."""
