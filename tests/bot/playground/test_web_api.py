"""Slack's own client against every Web API method, and every refusal."""

import json
import urllib.parse
import urllib.request
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.bot.playground.conftest import Room
from tests.playground_server import RunningPlayground

BUTTON: dict[str, Any] = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
SECTION: dict[str, Any] = {"type": "section", "text": {"type": "mrkdwn", "text": "*Hello*"}}


def refusal(web: WebClient, method: str, **args: Any) -> str:
    """Call a method that must be refused, and return Slack's word for why."""
    with pytest.raises(SlackApiError) as caught:
        web.api_call(method, json=args)
    error: str = caught.value.response["error"]
    return error


def ids(slack: RunningPlayground) -> dict[str, str]:
    state = slack.look("state")
    people = {person["name"]: person["id"] for person in state["people"]}
    return people | {f"#{channel['name']}": channel["id"] for channel in state["channels"]}


class TestAccess:
    def test_auth_test_names_team_bot_and_user(self, room: Room) -> None:
        answer = room.web.auth_test()
        assert answer["team"] == "Lanternhouse"
        assert answer["user"] == "timbre"
        assert answer["bot_id"].startswith("B")
        assert answer["user_id"] == ids(room.slack)["timbre"]

    @pytest.mark.parametrize(
        ("token", "method", "error"),
        [
            ("xoxb-wrong", "auth.test", "invalid_auth"),
            ("", "auth.test", "not_authed"),
            ("xapp-playground", "auth.test", "not_allowed_token_type"),
            ("xoxb-playground", "apps.connections.open", "not_allowed_token_type"),
            ("xapp-wrong", "apps.connections.open", "invalid_auth"),
            ("xoxb-playground", "chat.shout", "unknown_method"),
        ],
    )
    def test_a_wrong_token_or_method_is_refused(self, room: Room, token: str, method: str, error: str) -> None:
        web = WebClient(token=token, base_url=room.slack.api_url)
        assert refusal(web, method) == error

    @pytest.mark.parametrize("way", ["query", "form", "json"])
    def test_arguments_come_by_query_form_or_json(self, room: Room, way: str) -> None:
        args = {"token": "xoxb-playground", "channel": room.id, "text": f"by {way}"}
        url, data, headers = f"{room.slack.api_url}chat.postMessage", None, {}
        if way == "query":
            url += "?" + urllib.parse.urlencode(args)
        elif way == "form":
            data = urllib.parse.urlencode(args).encode()
        else:
            data, headers = json.dumps(args).encode(), {"Content-Type": "application/json; charset=utf-8"}
        with urllib.request.urlopen(urllib.request.Request(url, data=data, headers=headers, method="POST")) as answer:
            assert json.load(answer)["ok"] is True
        assert room.slack.texts(room.id) == [f"by {way}"]

    def test_a_body_that_is_not_json_is_refused(self, room: Room) -> None:
        request = urllib.request.Request(
            f"{room.slack.api_url}auth.test", data=b"{oops", headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request) as answer:
            assert json.load(answer) == {"ok": False, "error": "invalid_json"}


class TestPosting:
    def test_a_posted_message_comes_back_from_history(self, room: Room) -> None:
        posted = room.web.chat_postMessage(channel=room.id, text="Hi", blocks=[SECTION])
        (found,) = room.web.conversations_history(channel=room.id)["messages"]
        assert found == posted["message"]
        assert found["blocks"][0]["block_id"]
        assert found["bot_profile"]["name"] == "Timbre"

    def test_timestamps_are_unique_and_rise(self, room: Room) -> None:
        stamps = [room.web.chat_postMessage(channel=room.id, text=str(n))["ts"] for n in range(20)]
        assert stamps == sorted(set(stamps))

    def test_a_message_to_a_user_id_opens_the_direct_conversation(self, room: Room) -> None:
        maya = ids(room.slack)["maya"]
        posted = room.web.chat_postMessage(channel=maya, text="Psst")
        assert posted["channel"].startswith("D")
        assert room.web.conversations_open(users=maya)["channel"]["id"] == posted["channel"]

    def test_an_update_replaces_text_and_drops_blocks_not_sent_again(self, room: Room) -> None:
        ts = room.web.chat_postMessage(channel=room.id, text="Old", blocks=[SECTION])["ts"]
        room.web.chat_update(channel=room.id, ts=ts, text="New")
        (found,) = room.web.conversations_history(channel=room.id)["messages"]
        assert found["text"] == "New"
        assert "blocks" not in found
        assert found["edited"]["user"] == found["user"]

    def test_an_update_without_text_keeps_what_is_not_sent(self, room: Room) -> None:
        ts = room.web.chat_postMessage(channel=room.id, text="Old", blocks=[SECTION], attachments=[{"text": "a"}])["ts"]
        header = {"type": "header", "text": {"type": "plain_text", "text": "New"}}
        target = {"channel": room.id, "ts": ts}
        room.web.api_call("chat.update", json={**target, "blocks": [header]})
        (found,) = room.web.conversations_history(channel=room.id)["messages"]
        assert ([block["type"] for block in found["blocks"]], found["text"]) == (["header"], "Old")
        assert found["attachments"] == [{"text": "a"}]
        assert "edited" not in found
        room.web.api_call("chat.update", json={**target, "blocks": [], "attachments": []})
        (found,) = room.web.conversations_history(channel=room.id)["messages"]
        assert not {"blocks", "attachments"} & set(found)

    def test_a_deleted_message_is_gone(self, room: Room) -> None:
        ts = room.web.chat_postMessage(channel=room.id, text="Oops")["ts"]
        room.web.chat_delete(channel=room.id, ts=ts)
        assert room.web.conversations_history(channel=room.id)["messages"] == []

    def test_a_deleted_thread_root_leaves_a_tombstone(self, room: Room) -> None:
        root = room.say("Question")
        room.say("Answer", thread_ts=root)
        room.slack.control("delete", user="tom", channel=room.id, ts=root)
        (found,) = room.web.conversations_history(channel=room.id)["messages"]
        assert (found["subtype"], found["text"]) == ("tombstone", "This message was deleted.")
        assert found["reply_count"] == 1
        assert room.web.users_info(user=found["user"])["user"]["name"] == "slackbot"

    def test_an_ephemeral_message_is_seen_by_one_person_and_not_in_history(self, room: Room) -> None:
        tom = ids(room.slack)["tom"]
        room.web.chat_postEphemeral(channel=room.id, user=tom, text="Only you")
        assert room.slack.texts(room.id, as_="tom") == ["Only you"]
        assert room.slack.texts(room.id, as_="maya") == []
        assert room.web.conversations_history(channel=room.id)["messages"] == []

    def test_a_permalink_names_channel_message_and_thread(self, room: Room) -> None:
        root = room.say("Question")
        reply = room.say("Answer", thread_ts=root)
        link = room.web.chat_getPermalink(channel=room.id, message_ts=reply)["permalink"]
        assert link.endswith(f"/archives/{room.id}/p{reply.replace('.', '')}?thread_ts={root}&cid={room.id}")

    def test_a_broadcast_reply_is_in_thread_and_channel(self, room: Room) -> None:
        root = room.say("Question")
        room.web.chat_postMessage(channel=room.id, text="For all", thread_ts=root, reply_broadcast=True)
        assert room.slack.texts(room.id) == ["Question", "For all"]
        assert room.slack.texts(room.id, thread_ts=root) == ["Question", "For all"]

    def test_metadata_is_kept(self, room: Room) -> None:
        metadata = {"event_type": "answer", "event_payload": {"id": 7}}
        room.web.chat_postMessage(channel=room.id, text="Hi", metadata=metadata)
        (found,) = room.web.conversations_history(channel=room.id, include_all_metadata=True)["messages"]
        assert found["metadata"] == metadata

    def test_metadata_is_read_back_by_those_only_who_ask_for_it(self, room: Room) -> None:
        metadata = {"event_type": "answer", "event_payload": {"id": 7}}
        root = room.say("Where?")
        room.web.chat_postMessage(channel=room.id, text="Hi", metadata=metadata, thread_ts=root, reply_broadcast=True)
        for asked in (True, False):
            history = room.web.conversations_history(channel=room.id, include_all_metadata=asked)["messages"]
            replies = room.web.conversations_replies(channel=room.id, ts=root, include_all_metadata=asked)["messages"]
            assert ["metadata" in history[0], "metadata" in replies[1]] == [asked, asked]

    @pytest.mark.parametrize(
        ("args", "error"),
        [
            ({"text": ""}, "no_text"),
            ({"text": "x" * 40_001}, "msg_too_long"),
            ({"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
            ({"channel": "#random", "text": "x"}, "not_in_channel"),
            ({"channel": "#board", "text": "x"}, "channel_not_found"),
            ({"text": "x", "blocks": "nonsense"}, "invalid_blocks_format"),
            ({"text": "x", "thread_ts": "1.000001"}, "thread_not_found"),
            ({"text": "x", "thread_ts": "soon"}, "invalid_thread_ts"),
            ({"text": "x", "attachments": [{}] * 101}, "too_many_attachments"),
            ({"text": "x", "markdown_text": "y"}, "markdown_text_conflict"),
        ],
    )
    def test_a_post_is_refused_in_slacks_words(self, room: Room, args: dict[str, Any], error: str) -> None:
        if args.get("channel", "").startswith("#"):
            args = args | {"channel": ids(room.slack)[args["channel"]]}
        assert refusal(room.web, "chat.postMessage", **({"channel": room.id} | args)) == error

    def test_only_ones_own_messages_can_be_updated_or_deleted(self, room: Room) -> None:
        ts = room.say("Mine")
        assert refusal(room.web, "chat.update", channel=room.id, ts=ts, text="x") == "cant_update_message"
        assert refusal(room.web, "chat.delete", channel=room.id, ts=ts) == "cant_delete_message"

    def test_updates_of_nothing_or_too_long_are_refused(self, room: Room) -> None:
        ts = room.web.chat_postMessage(channel=room.id, text="Hi")["ts"]
        assert refusal(room.web, "chat.update", channel=room.id, ts="1.000001", text="x") == "message_not_found"
        assert refusal(room.web, "chat.update", channel=room.id, ts=ts, text="x" * 4001) == "msg_too_long"
        assert refusal(room.web, "chat.update", channel=room.id, ts=ts) == "no_text"
        assert refusal(room.web, "chat.delete", channel=room.id, ts="1.000001") == "message_not_found"
        assert refusal(room.web, "chat.getPermalink", channel=room.id, message_ts="1.2") == "message_not_found"

    def test_an_ephemeral_message_to_somebody_outside_is_refused(self, room: Room) -> None:
        ines = ids(room.slack)["ines"]
        assert refusal(room.web, "chat.postEphemeral", channel=room.id, user=ines, text="x") == "user_not_in_channel"


class TestConversations:
    def test_the_list_shows_public_channels_and_ones_own_private_ones(self, room: Room) -> None:
        found = room.web.conversations_list(types="public_channel,private_channel", limit=1000)["channels"]
        by_name = {channel["name"]: channel for channel in found}
        assert {"help", "random", "vault", room.name} <= set(by_name)
        assert "board" not in by_name
        assert by_name["random"]["is_member"] is False
        assert by_name["vault"]["is_private"] is True

    def test_lists_come_in_pages(self, room: Room) -> None:
        names, pages, cursor = [], 0, ""
        while pages == 0 or cursor:
            answer = room.web.conversations_list(limit=2, cursor=cursor)
            names += [channel["name"] for channel in answer["channels"]]
            cursor, pages = answer["response_metadata"]["next_cursor"], pages + 1
        assert pages > 1
        assert len(names) == len(set(names)) == len(room.web.conversations_list(limit=1000)["channels"])

    def test_history_pages_backwards_without_gap_or_overlap(self, room: Room) -> None:
        for number in range(7):
            room.say(str(number))
        texts, cursor = [], None
        while True:
            answer = room.web.conversations_history(channel=room.id, limit=3, cursor=cursor)
            texts += [message["text"] for message in answer["messages"]]
            if not answer["has_more"]:
                break
            cursor = answer["response_metadata"]["next_cursor"]
        assert texts == list("6543210")

    def test_history_between_two_times_takes_the_ends_only_when_asked(self, room: Room) -> None:
        stamps = [room.say(str(number)) for number in range(4)]
        window: dict[str, Any] = {"channel": room.id, "oldest": stamps[0], "latest": stamps[2]}
        assert [m["text"] for m in room.web.conversations_history(**window)["messages"]] == ["1"]
        inclusive = room.web.conversations_history(**window, inclusive=True)["messages"]
        assert [m["text"] for m in inclusive] == ["2", "1", "0"]

    @pytest.mark.parametrize("window", [{"oldest": "999999999"}, {"latest": "10000000000"}, {"oldest": "0"}])
    def test_a_time_long_ago_or_far_ahead_is_compared_as_a_number(self, room: Room, window: dict[str, Any]) -> None:
        room.say("Now")
        assert [m["text"] for m in room.web.conversations_history(channel=room.id, **window)["messages"]] == ["Now"]

    @pytest.mark.parametrize("oldest", ["-1", "1_0", "\u0663"])
    def test_what_only_python_reads_as_a_number_is_no_time(self, room: Room, oldest: str) -> None:
        assert refusal(room.web, "conversations.history", channel=room.id, oldest=oldest) == "invalid_ts_oldest"

    def test_one_message_is_fetched_by_its_ts(self, room: Room) -> None:
        stamps = [room.say(str(number)) for number in range(3)]
        found = room.web.conversations_history(channel=room.id, latest=stamps[1], inclusive=True, limit=1)
        assert [message["ts"] for message in found["messages"]] == [stamps[1]]

    def test_replies_begin_with_the_root_on_every_page(self, room: Room) -> None:
        root = room.say("Question")
        for number in range(5):
            room.say(str(number), thread_ts=root)
        first = room.web.conversations_replies(channel=room.id, ts=root, limit=3)
        assert [m["text"] for m in first["messages"]] == ["Question", "0", "1", "2"]
        cursor = first["response_metadata"]["next_cursor"]
        second = room.web.conversations_replies(channel=room.id, ts=root, limit=3, cursor=cursor)
        assert [m["text"] for m in second["messages"]] == ["Question", "3", "4"]
        assert second["has_more"] is False

    def test_replies_to_a_replys_ts_give_that_reply(self, room: Room) -> None:
        root = room.say("Question")
        reply = room.say("Answer", thread_ts=root)
        (found,) = room.web.conversations_replies(channel=room.id, ts=reply)["messages"]
        assert (found["text"], found["thread_ts"]) == ("Answer", root)

    def test_thread_replies_are_not_in_history(self, room: Room) -> None:
        root = room.say("Question")
        room.say("Answer", thread_ts=root)
        (found,) = room.web.conversations_history(channel=room.id)["messages"]
        assert (found["reply_count"], found["thread_ts"], found["reply_users_count"]) == (1, root, 1)

    def test_info_and_members_describe_a_channel(self, room: Room) -> None:
        channel = room.web.conversations_info(channel=room.id, include_num_members=True)["channel"]
        assert (channel["name"], channel["num_members"], channel["is_member"]) == (room.name, 3, True)
        people = ids(room.slack)
        members = room.web.conversations_members(channel=room.id)["members"]
        assert set(members) == {people["maya"], people["tom"], people["timbre"]}

    def test_the_bot_joins_and_leaves_public_channels(self, room: Room) -> None:
        random = ids(room.slack)["#random"]
        assert room.web.conversations_join(channel=random)["channel"]["is_member"] is True
        assert room.web.conversations_join(channel=random)["warning"] == "already_in_channel"
        room.web.conversations_leave(channel=random)
        assert room.web.conversations_leave(channel=random)["not_in_channel"] is True

    def test_opening_a_conversation_with_several_people_makes_a_group(self, room: Room) -> None:
        people = ids(room.slack)
        answer = room.web.conversations_open(users=[people["maya"], people["tom"]], return_im=True)
        assert answer["channel"]["is_mpim"] is True

    @pytest.mark.parametrize(
        ("method", "args", "error"),
        [
            ("conversations.info", {"channel": "C0NOWHERE"}, "channel_not_found"),
            ("conversations.info", {}, "channel_not_found"),
            ("conversations.history", {"channel": "#random"}, "not_in_channel"),
            ("conversations.history", {"channel": "#board"}, "channel_not_found"),
            ("conversations.history", {"limit": "many"}, "invalid_limit"),
            ("conversations.history", {"limit": -1}, "invalid_limit"),
            ("conversations.history", {"cursor": "nonsense"}, "invalid_cursor"),
            ("conversations.history", {"oldest": "long ago"}, "invalid_ts_oldest"),
            ("conversations.history", {"latest": "now"}, "invalid_ts_latest"),
            ("conversations.replies", {"ts": "1.000001"}, "thread_not_found"),
            ("conversations.list", {"types": "secret"}, "invalid_types"),
            ("conversations.open", {}, "users_list_not_supplied"),
            ("conversations.open", {"users": "U0NOBODY"}, "user_not_found"),
            ("conversations.open", {"users": ",".join("ABCDEFGHI")}, "too_many_users"),
            ("conversations.join", {"channel": "#vault"}, "method_not_supported_for_channel_type"),
            ("conversations.join", {"channel": "#board"}, "channel_not_found"),
        ],
    )
    def test_a_look_is_refused_in_slacks_words(self, room: Room, method: str, args: dict[str, Any], error: str) -> None:
        known = ids(room.slack)
        args = {"channel": room.id} | args if "history" in method or "replies" in method else args
        args = {key: known.get(value, value) for key, value in args.items()}
        assert refusal(room.web, method, **args) == error


class TestPeople:
    def test_users_are_listed_and_looked_up(self, room: Room) -> None:
        maya = ids(room.slack)["maya"]
        assert {user["name"] for user in room.web.users_list()["members"]} == {"maya", "tom", "ines", "timbre"}
        user = room.web.users_info(user=maya)["user"]
        assert (user["real_name"], user["is_admin"], user["is_bot"]) == ("Maya Ito", True, False)
        assert user["profile"]["display_name"] == "maya"
        room.slack.control("seed", people=[{"name": "maya", "display_name": "Maya I."}])
        assert room.web.users_info(user=maya)["user"]["profile"]["display_name"] == "Maya I."
        room.slack.control("seed", people=[{"name": "maya", "display_name": "maya"}])
        assert room.web.users_lookupByEmail(email=user["profile"]["email"])["user"]["id"] == maya
        assert room.web.users_getPresence(user=maya)["presence"] == "active"

    def test_user_groups_name_their_members(self, room: Room) -> None:
        (group,) = room.web.usergroups_list(include_users=True)["usergroups"]
        assert (group["handle"], group["user_count"]) == ("reviewers", 1)
        assert room.web.usergroups_users_list(usergroup=group["id"])["users"] == group["users"]
        assert group["users"] == [ids(room.slack)["maya"]]

    def test_a_user_groups_members_are_replaced(self, slack: RunningPlayground) -> None:
        people = ids(slack)
        (group,) = slack.web.usergroups_list()["usergroups"]
        slack.web.usergroups_users_update(usergroup=group["id"], users=[people["tom"], people["ines"]])
        assert slack.look("state", as_="tom")["me"]["user_groups"] == ["reviewers"]
        assert slack.look("state", as_="maya")["me"]["user_groups"] == []
        wrong = {"usergroup": group["id"], "users": ["U0NOBODY"]}
        assert refusal(slack.web, "usergroups.users.update", **wrong) == "invalid_users"

    def test_a_profile_is_read_alone(self, room: Room) -> None:
        maya = ids(room.slack)["maya"]
        profile = room.web.users_profile_get(user=maya)["profile"]
        assert profile == room.web.users_info(user=maya)["user"]["profile"]

    def test_the_bots_own_channels_are_listed(self, room: Room) -> None:
        names = {channel["name"] for channel in room.web.users_conversations(limit=1000)["channels"]}
        assert room.name in names
        assert "random" not in names

    def test_bot_and_team_describe_themselves(self, room: Room) -> None:
        bot_id = room.web.auth_test()["bot_id"]
        assert room.web.bots_info(bot=bot_id)["bot"]["name"] == "Timbre"
        assert room.web.team_info()["team"]["domain"] == "lanternhouse"

    @pytest.mark.parametrize(
        ("method", "args", "error"),
        [
            ("users.info", {"user": "U0NOBODY"}, "user_not_found"),
            ("users.info", {}, "user_not_found"),
            ("users.getPresence", {"user": "U0NOBODY"}, "user_not_found"),
            ("users.lookupByEmail", {"email": "x@y.z"}, "users_not_found"),
            ("users.conversations", {"types": "secret"}, "invalid_types"),
            ("usergroups.users.list", {"usergroup": "S0NONE"}, "no_such_subteam"),
            ("bots.info", {"bot": "B0NONE"}, "bot_not_found"),
        ],
    )
    def test_who_is_not_there_is_said_so(self, room: Room, method: str, args: dict[str, Any], error: str) -> None:
        assert refusal(room.web, method, **args) == error


class TestMarks:
    def test_reactions_are_added_read_and_taken_back(self, room: Room) -> None:
        ts = room.say("Nice")
        room.web.reactions_add(channel=room.id, timestamp=ts, name="eyes")
        room.slack.control("react", user="maya", channel=room.id, ts=ts, name=":eyes:")
        (reaction,) = room.web.reactions_get(channel=room.id, timestamp=ts)["message"]["reactions"]
        people = ids(room.slack)
        assert reaction == {"name": "eyes", "count": 2, "users": [people["timbre"], people["maya"]]}
        room.web.reactions_remove(channel=room.id, timestamp=ts, name="eyes")
        (reaction,) = room.web.reactions_get(channel=room.id, timestamp=ts)["message"]["reactions"]
        assert reaction["users"] == [people["maya"]]

    def test_reactions_are_refused_in_slacks_words(self, room: Room) -> None:
        ts = room.say("Nice")
        mark = {"channel": room.id, "timestamp": ts}
        room.web.reactions_add(channel=room.id, timestamp=ts, name="eyes")
        assert refusal(room.web, "reactions.add", **mark, name="eyes") == "already_reacted"
        assert refusal(room.web, "reactions.remove", **mark, name="tada") == "no_reaction"
        assert refusal(room.web, "reactions.add", **mark, name="not an emoji!") == "invalid_name"
        assert refusal(room.web, "reactions.add", channel=room.id, timestamp="1.2", name="eyes") == "message_not_found"
        assert refusal(room.web, "reactions.add", channel=room.id, name="eyes") == "no_item_specified"

    def test_a_message_holds_fifty_different_reactions(self, room: Room) -> None:
        ts = room.say("Popular")
        for number in range(50):
            room.slack.control("react", user="tom", channel=room.id, ts=ts, name=f"emoji_{number}")
        answer = refusal(room.web, "reactions.add", channel=room.id, timestamp=ts, name="one_more")
        assert answer == "too_many_emoji"

    def test_the_messages_somebody_reacted_to_are_listed(self, room: Room) -> None:
        stamps = [room.say(str(number)) for number in range(3)]
        for ts in stamps[:2]:
            room.slack.control("react", user="maya", channel=room.id, ts=ts, name="eyes")
        items = room.web.reactions_list(user=ids(room.slack)["maya"], limit=100)["items"]
        assert [item["message"]["ts"] for item in items if item["channel"] == room.id] == stamps[1::-1]

    def test_messages_are_pinned_and_unpinned(self, room: Room) -> None:
        ts = room.say("Important")
        room.web.pins_add(channel=room.id, timestamp=ts)
        assert [item["message"]["ts"] for item in room.web.pins_list(channel=room.id)["items"]] == [ts]
        assert refusal(room.web, "pins.add", channel=room.id, timestamp=ts) == "already_pinned"
        room.web.pins_remove(channel=room.id, timestamp=ts)
        assert room.web.pins_list(channel=room.id)["items"] == []
        assert refusal(room.web, "pins.remove", channel=room.id, timestamp=ts) == "no_pin"


class TestStreams:
    def test_a_stream_grows_and_ends_with_blocks(self, room: Room) -> None:
        root = room.say("Question")
        people, team = ids(room.slack), room.web.team_info()["team"]["id"]
        stream = room.web.chat_stream(
            channel=room.id, thread_ts=root, recipient_team_id=team, recipient_user_id=people["tom"], buffer_size=4
        )
        stream.append(markdown_text="In the ")
        assert room.slack.messages(room.id, thread_ts=root)[-1]["streaming"] is True
        stream.append(markdown_text="blue tin.")
        assert room.slack.texts(room.id, thread_ts=root)[-1] == "In the blue tin."
        stream.stop(blocks=[{"type": "actions", "elements": [BUTTON]}])
        final = room.slack.messages(room.id, thread_ts=root)[-1]
        assert "streaming" not in final
        assert [block["type"] for block in final["blocks"]] == ["markdown", "actions"]

    def test_a_task_that_comes_again_replaces_itself(self, room: Room) -> None:
        root = room.say("Question")
        who: dict[str, Any] = {"recipient_team_id": "T1", "recipient_user_id": "U1"}
        ts = room.web.chat_startStream(channel=room.id, thread_ts=root, **who)["ts"]
        for status in ("in_progress", "complete"):
            task = {"type": "task_update", "id": "look", "title": "Looking", "status": status}
            room.web.chat_appendStream(channel=room.id, ts=ts, chunks=[task])
        (block,) = room.slack.messages(room.id, thread_ts=root)[-1]["blocks"]
        assert (block["type"], block["task_id"], block["status"]) == ("task_card", "look", "complete")

    def test_a_stream_can_be_ended_under_the_bots_hands(self, room: Room) -> None:
        root = room.say("Question")
        start: dict[str, Any] = {"channel": room.id, "thread_ts": root, "recipient_team_id": "T1"}
        ts = room.web.chat_startStream(**start, recipient_user_id="U1", markdown_text="So far")["ts"]
        room.slack.control("trouble", end_streams=True)
        more = {"channel": room.id, "ts": ts, "markdown_text": " so good"}
        assert refusal(room.web, "chat.appendStream", **more) == "message_not_in_streaming_state"
        room.web.chat_update(channel=room.id, ts=ts, text="So far so good")
        assert room.slack.texts(room.id, thread_ts=root)[-1] == "So far so good"

    def test_streams_are_refused_in_slacks_words(self, room: Room) -> None:
        root = room.say("Question")
        start: dict[str, Any] = {"channel": room.id, "thread_ts": root, "recipient_team_id": "T1"}
        assert refusal(room.web, "chat.startStream", **start) == "missing_recipient_user_id"
        start |= {"recipient_user_id": "U1"}
        assert refusal(room.web, "chat.startStream", **start, markdown_text="x" * 12_001) == "msg_too_long"
        assert refusal(room.web, "chat.startStream", channel=room.id) == "invalid_arguments"
        assert refusal(room.web, "chat.startStream", **start, chunks=[{"type": "smoke"}]) == "invalid_chunks"
        ts = room.web.chat_startStream(**start)["ts"]
        assert refusal(room.web, "chat.update", channel=room.id, ts=ts, text="x") == "streaming_state_conflict"
        room.web.chat_stopStream(channel=room.id, ts=ts, markdown_text="Done")
        again = {"channel": room.id, "ts": ts, "markdown_text": "x"}
        assert refusal(room.web, "chat.appendStream", **again) == "message_not_in_streaming_state"
        assert refusal(room.web, "chat.appendStream", **again | {"ts": root}) == "message_not_owned_by_app"


class TestAssistant:
    def test_a_status_shows_until_the_answer_comes(self, room: Room) -> None:
        root = room.say("Question")
        room.web.assistant_threads_setStatus(
            channel_id=room.id, thread_ts=root, status="is thinking…", loading_messages=["Reading"]
        )
        shown = {"channel": room.id, "thread_ts": root, "status": "is thinking…", "loading_messages": ["Reading"]}
        assert shown in room.slack.look("state")["statuses"]
        room.web.chat_postMessage(channel=room.id, thread_ts=root, text="Here")
        assert shown not in room.slack.look("state")["statuses"]

    def test_prompts_and_title_are_kept_for_a_direct_conversation(self, room: Room) -> None:
        direct = room.web.conversations_open(users=ids(room.slack)["ines"])["channel"]["id"]
        prompts = [{"title": "Keys", "message": "Where are the keys?"}]
        room.web.assistant_threads_setSuggestedPrompts(channel_id=direct, prompts=prompts, title="Try")
        assert room.slack.look("state", as_="ines")["prompts"][0]["prompts"] == prompts
        assert room.slack.look("state", as_="tom")["prompts"] == []
        ts = room.slack.control("post", user="ines", channel=direct, text="Hello")["ts"]
        room.web.assistant_threads_setTitle(channel_id=direct, thread_ts=ts, title="Keys")
        assert room.slack.messages(direct, as_="ines")[0]["assistant_app_thread"] == {"title": "Keys"}

    def test_too_many_prompts_or_loading_messages_are_refused(self, room: Room) -> None:
        direct = room.web.conversations_open(users=ids(room.slack)["ines"])["channel"]["id"]
        five = [{"title": "a", "message": "b"}] * 5
        method = "assistant.threads.setSuggestedPrompts"
        assert refusal(room.web, method, channel_id=direct, prompts=five) == "invalid_arguments"
        assert refusal(room.web, method, channel_id=room.id, prompts=[]) == "method_not_supported_for_channel_type"
        status = {"channel_id": room.id, "thread_ts": room.say("Q"), "status": "…", "loading_messages": ["x"] * 11}
        assert refusal(room.web, "assistant.threads.setStatus", **status) == "invalid_arguments"


class TestFiles:
    def test_a_file_goes_up_in_three_steps_and_comes_down_with_the_token(self, room: Room) -> None:
        answer = room.web.files_upload_v2(channel=room.id, content="a,b\n", filename="figures.csv", title="Figures")
        (message,) = room.slack.messages(room.id)
        assert message["files"][0]["title"] == "Figures"
        url = answer["file"]["url_private"]
        with pytest.raises(urllib.error.HTTPError, match="403") as refused:
            urllib.request.urlopen(url)
        refused.value.close()
        request = urllib.request.Request(url, headers={"Authorization": "Bearer xoxb-playground"})
        with urllib.request.urlopen(request) as file:
            assert file.read() == b"a,b\n"
        assert room.web.files_info(file=answer["file"]["id"])["file"]["name"] == "figures.csv"

    @pytest.mark.parametrize("name", ["my notes.txt", "Büro.pdf", "50%2f.txt", "what?.txt", "a#b.txt", ".."])
    def test_a_files_address_works_whatever_its_name(self, room: Room, name: str) -> None:
        url = room.web.files_upload_v2(channel=room.id, content="hi", filename=name)["file"]["url_private"]
        assert urllib.parse.urlsplit(url).path.count("/") == 4
        with urllib.request.urlopen(
            urllib.request.Request(url, headers={"Authorization": "Bearer xoxb-playground"})
        ) as f:
            assert f.read() == b"hi"

    def test_an_uploaded_page_is_never_served_as_a_page(self, room: Room) -> None:
        answer = room.web.files_upload_v2(channel=room.id, content="<script>1</script>", filename="x.html")
        with urllib.request.urlopen(room.slack.url + answer["file"]["page_url"]) as file:
            assert file.headers["Content-Type"] == "application/octet-stream"
            assert file.headers["Content-Disposition"] == "attachment"

    def test_files_are_refused_in_slacks_words(self, room: Room) -> None:
        url = "files.getUploadURLExternal"
        assert refusal(room.web, url, filename="x", length=0) == "invalid_arguments"
        assert refusal(room.web, url, filename="x", length=10**9) == "file_uploads_too_large"
        assert refusal(room.web, "files.completeUploadExternal", files=[{"id": "F0NONE"}]) == "file_not_found"
        assert refusal(room.web, "files.info", file="F0NONE") == "file_not_found"

    def test_a_deleted_file_is_gone(self, room: Room) -> None:
        answer = room.web.files_upload_v2(channel=room.id, content="x", filename="x.txt")
        room.web.files_delete(file=answer["file"]["id"])
        assert refusal(room.web, "files.info", file=answer["file"]["id"]) == "file_not_found"
