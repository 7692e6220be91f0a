"""Acting as people: what each may do, what each sees, and who may ask."""

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.bot.playground.conftest import SEED, Room
from tests.playground_server import ControlError, RunningPlayground


def channel(slack: RunningPlayground, name: str, viewer: str) -> dict[str, Any] | None:
    return next((c for c in slack.look("state", as_=viewer)["channels"] if c["name"] == name), None)


class TestSeed:
    def test_seeding_twice_changes_nothing(self, slack: RunningPlayground) -> None:
        messages = [
            {"key": "q", "channel": "help", "user": "tom", "text": "Where?", "ts": "1767225600.0001"},
            {
                "key": "a",
                "thread": "q",
                "channel": "help",
                "user": "maya",
                "text": "Tin",
                "reactions": {"eyes": ["tom"]},
            },
        ]
        answers, states = [], []
        for _ in range(2):
            answers.append(slack.control("seed", **SEED, messages=messages))
            states.append((slack.messages("help"), slack.look("state", as_="maya")["channels"]))
        assert answers[0] == answers[1]
        assert states[0] == states[1]
        root, reply = slack.messages("help", thread_ts="1767225600.000100")
        assert (root["text"], reply["text"]) == ("Where?", "Tin")
        assert reply["reactions"][0]["name"] == "eyes"

    def test_a_later_seed_updates_who_is_there_and_keeps_who_joined(self, slack: RunningPlayground) -> None:
        slack.control("join", user="ines", channel="help")
        slack.control(
            "seed",
            people=[{"name": "tom", "title": "Engineer", "is_admin": True}],
            channels=[{"name": "help", "topic": "Keys", "members": ["tom"]}],
            app={"name": "timbre", "real_name": "Timbre the Second"},
        )
        state = slack.look("state", as_="tom")
        assert (state["me"]["title"], state["me"]["is_admin"], state["me"]["real_name"]) == (
            "Engineer",
            True,
            "Tom Reed",
        )
        assert state["bot"]["real_name"] == "Timbre the Second"
        found = channel(slack, "help", "tom")
        assert found is not None
        assert found["topic"] == "Keys"
        assert len(found["members"]) == 4

    def test_the_guide_is_kept_until_another_is_seeded(self, slack: RunningPlayground) -> None:
        guide = {"channel": "help", "question": "Where are the keys?"}
        slack.control("seed", app={"guide": guide})
        slack.control("seed", app={"real_name": "Timbre"})
        assert slack.look("state", as_="tom")["guide"] == guide

    def test_seeded_history_is_silent(self, slack: RunningPlayground) -> None:
        before = slack.playground.delivery.waiting
        slack.control("seed", messages=[{"channel": "help", "user": "tom", "text": "@timbre hello"}])
        assert slack.playground.delivery.waiting == before
        assert slack.texts("help") == [f"<@{slack.look('state')['bot']['id']}> hello"]

    def test_a_second_workspace_has_its_own_people_messages_and_token(self, slack: RunningPlayground) -> None:
        second = {
            "team": {"name": "Harbour", "domain": "harbour"},
            "people": [{"name": "maya"}],
            "channels": [{"name": "help", "members": ["maya", "timbre"]}],
        }
        slack.control("seed", **second)
        slack.control("post", team="harbour", user="maya", channel="help", text="Ahoy")
        assert slack.texts("help") == []
        assert slack.look("messages", team="harbour", channel="help")["messages"][0]["text"] == "Ahoy"
        web = slack.web
        web.token = "xoxb-playground-harbour"
        assert web.auth_test()["team"] == "Harbour"
        assert [team["domain"] for team in slack.look("state")["teams"]] == ["lanternhouse", "harbour"]

    def test_a_second_workspace_never_takes_the_place_of_the_first(self, slack: RunningPlayground) -> None:
        slack.control("seed", team={"name": "Playground", "domain": "playground"})
        assert [team["domain"] for team in slack.look("state")["teams"]] == ["lanternhouse", "playground"]
        assert slack.web.auth_test()["team"] == "Lanternhouse"

    @pytest.mark.parametrize(
        ("seed", "hint"),
        [
            ({"people": [{"real_name": "Nobody"}]}, "people[0]"),
            ({"people": [{"name": "timbre"}]}, "bot's name"),
            ({"channels": [{"name": "x", "members": ["ghost"]}]}, "ghost"),
            ({"messages": [{"channel": "help", "user": "tom", "text": "x", "thread": "none"}]}, "'none'"),
            ({"messages": [{"channel": "help", "user": "tom", "text": "x", "ts": "then"}]}, "'then'"),
            ({"people": "everybody"}, "people"),
        ],
    )
    def test_a_wrong_seed_says_what_is_wrong(
        self, module_slack: RunningPlayground, seed: dict[str, Any], hint: str
    ) -> None:
        with pytest.raises(ControlError) as caught:
            module_slack.control("seed", **seed)
        assert hint in caught.value.hint


class TestActing:
    def test_names_and_ids_are_both_taken(self, room: Room) -> None:
        me = room.slack.look("state", as_="tom")["me"]
        for user in ("tom", "@tom", me["id"]):
            for place in (room.id, room.name, f"#{room.name}"):
                room.slack.control("post", user=user, channel=place, text="Hi")
        assert len(room.slack.texts(room.id)) == 9

    def test_a_direct_conversation_is_opened_by_naming_the_other(self, room: Room) -> None:
        posted = room.slack.control("post", user="tom", channel="@timbre", text="Psst")
        assert posted["channel"].startswith("D")
        seen = {c["id"] for c in room.slack.look("state", as_="maya")["channels"]}
        assert posted["channel"] not in seen

    def test_mentions_are_counted_as_unread_until_read(self, slack: RunningPlayground) -> None:
        slack.control("post", user="tom", channel="help", text="hello")
        slack.control("post", user="tom", channel="help", text="@reviewers look")
        found = channel(slack, "help", "maya")
        assert found is not None
        assert (found["unread"], found["mentions"]) == (2, 1)
        assert slack.control("mark", user="maya", channel="help")["channel"]["unread"] == 0
        found = channel(slack, "help", "tom")
        assert found is not None
        assert found["unread"] == 0

    def test_ones_own_message_can_be_edited_and_deleted(self, room: Room) -> None:
        ts = room.say("Teh")
        message = room.slack.control("edit", user="tom", channel=room.id, ts=ts, text="The")["message"]
        assert (message["text"], message["edited"]["user"]) == ("The", message["user"])
        room.slack.control("delete", user="tom", channel=room.id, ts=ts)
        assert room.slack.texts(room.id) == []

    def test_an_admin_may_delete_what_others_wrote(self, room: Room) -> None:
        room.slack.control("delete", user="maya", channel=room.id, ts=room.say("Spam"))
        assert room.slack.texts(room.id) == []

    def test_private_channels_are_hidden_from_others(self, module_slack: RunningPlayground) -> None:
        assert channel(module_slack, "vault", "maya") is not None
        assert channel(module_slack, "vault", "tom") is None
        with pytest.raises(ControlError, match="channel_not_found"):
            module_slack.look("messages", channel="vault", as_="tom")

    def test_joining_inviting_and_leaving_show_in_the_channel(self, room: Room) -> None:
        room.slack.control("join", user="ines", channel=room.id)
        room.slack.control("leave", user="ines", channel=room.id)
        room.slack.control("invite", user="tom", channel=room.id, invitee="ines")
        subtypes = [message["subtype"] for message in room.slack.messages(room.id)]
        assert subtypes == ["channel_join", "channel_leave", "channel_join"]

    def test_an_ephemeral_message_can_be_dismissed_by_its_reader_only(self, room: Room) -> None:
        tom = room.slack.look("state", as_="tom")["me"]["id"]
        ts = room.web.chat_postEphemeral(channel=room.id, user=tom, text="Only you")["message_ts"]
        with pytest.raises(ControlError, match="message_not_found"):
            room.slack.control("dismiss", user="maya", channel=room.id, ts=ts)
        room.slack.control("dismiss", user="tom", channel=room.id, ts=ts)
        assert room.slack.texts(room.id, as_="tom") == []

    def test_a_person_shares_a_file(self, room: Room) -> None:
        shared = room.slack.control(
            "upload", user="tom", channel=room.id, name="../a.txt", content_base64="aGk=", text="See"
        )
        assert (shared["message"]["subtype"], shared["message"]["text"]) == ("file_share", "See")
        file = shared["message"]["files"][0]
        assert (file["name"], file["size"]) == ("a.txt", 2)
        with urllib.request.urlopen(room.slack.url + file["page_url"]) as content:
            assert content.read() == b"hi"

    def test_messages_come_in_pages_from_the_newest_back(self, room: Room) -> None:
        stamps = [room.say(str(number)) for number in range(5)]
        page = room.slack.look("messages", channel=room.id, limit=2)
        assert ([m["text"] for m in page["messages"]], page["has_more"]) == (["3", "4"], True)
        page = room.slack.look("messages", channel=room.id, limit=5, before=stamps[3])
        assert ([m["text"] for m in page["messages"]], page["has_more"]) == (["0", "1", "2"], False)

    @pytest.mark.parametrize(
        ("call", "fields", "error"),
        [
            ("post", {"user": "ghost", "text": "x"}, "user_not_found"),
            ("post", {"user": "timbre", "text": "x"}, "cannot_act_as_bot"),
            ("post", {"user": "ines", "text": "x"}, "not_in_channel"),
            ("post", {"user": "tom", "channel": "nowhere", "text": "x"}, "channel_not_found"),
            ("post", {"user": "tom", "channel": "vault", "text": "x"}, "channel_not_found"),
            ("post", {"user": "tom", "text": ""}, "no_text"),
            ("post", {"user": "tom", "text": "x" * 40_001}, "msg_too_long"),
            ("post", {"user": "tom", "text": "x", "thread_ts": "1.2"}, "thread_not_found"),
            ("post", {"text": "x"}, "invalid_arguments"),
            ("post", {"team": "elsewhere", "user": "tom", "text": "x"}, "team_not_found"),
            ("edit", {"user": "tom", "ts": "1.2", "text": "x"}, "message_not_found"),
            ("react", {"user": "tom", "ts": "1.2", "name": "eyes"}, "message_not_found"),
            ("leave", {"user": "ines"}, "not_in_channel"),
            ("upload", {"user": "tom", "name": "x", "content_base64": "?"}, "invalid_arguments"),
        ],
    )
    def test_what_a_person_may_not_do_is_refused(
        self, room: Room, call: str, fields: dict[str, Any], error: str
    ) -> None:
        with pytest.raises(ControlError) as caught:
            room.slack.control(call, **({"channel": room.id} | fields))
        assert caught.value.error == error

    def test_others_messages_cannot_be_edited_or_deleted(self, room: Room) -> None:
        ts = room.say("Mine", user="maya")
        for call, fields in (("edit", {"text": "Yours"}), ("delete", {})):
            with pytest.raises(ControlError, match=r"cant_(update|delete)_message"):
                room.slack.control(call, user="tom", channel=room.id, ts=ts, **fields)

    def test_reacting_twice_or_taking_back_nothing_is_refused(self, room: Room) -> None:
        mark = {"user": "tom", "channel": room.id, "ts": room.say("Nice"), "name": "eyes"}
        with pytest.raises(ControlError, match="no_reaction"):
            room.slack.control("unreact", **mark)
        room.slack.control("react", **mark)
        with pytest.raises(ControlError, match="already_reacted"):
            room.slack.control("react", **mark)


class TestAccess:
    def call(self, slack: RunningPlayground, headers: dict[str, str], path: str = "/control/state") -> int:
        request = urllib.request.Request(slack.url + path, headers=headers)
        try:
            with urllib.request.urlopen(request) as answer:
                status: int = answer.status
                return status
        except urllib.error.HTTPError as err:
            err.close()
            return err.code

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost:9", "[::1]:9", "127.0.0.2"])
    def test_loopback_names_are_answered(self, module_slack: RunningPlayground, host: str) -> None:
        assert self.call(module_slack, {"Host": host}) == 200

    @pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.168.0.7", "0.0.0.0", "[::1"])
    def test_other_names_are_not(self, module_slack: RunningPlayground, host: str) -> None:
        assert self.call(module_slack, {"Host": host}) == 403

    @pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://["])
    def test_other_pages_are_not_answered(self, module_slack: RunningPlayground, origin: str) -> None:
        assert self.call(module_slack, {"Origin": origin}) == 403

    def test_other_pages_cannot_use_the_well_known_token(self, module_slack: RunningPlayground) -> None:
        call = "/api/auth.test?token=xoxb-playground"
        assert self.call(module_slack, {}, call) == 200
        for headers in (
            {"Origin": "https://evil.example"},
            {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        ):
            assert self.call(module_slack, headers, call) == 403

    def test_a_link_to_the_page_may_be_followed_from_anywhere(self, module_slack: RunningPlayground) -> None:
        link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
        assert self.call(module_slack, link, "/") == 200
        assert self.call(module_slack, link, "/control/state") == 403

    def test_its_own_page_is_answered(self, module_slack: RunningPlayground) -> None:
        assert self.call(module_slack, {"Origin": module_slack.url}) == 200

    def test_an_unknown_call_is_404(self, module_slack: RunningPlayground) -> None:
        with pytest.raises(ControlError) as caught:
            module_slack.control("dance")
        assert caught.value.status == 404


class TestPage:
    @pytest.mark.parametrize("path", ["/", "/static/main.js", "/archives/C0HELP/p1767225600000100"])
    def test_the_page_and_its_files_may_load_nothing_from_elsewhere(
        self, module_slack: RunningPlayground, path: str
    ) -> None:
        with urllib.request.urlopen(module_slack.url + path) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"

    def test_nothing_outside_the_static_folder_is_served(self, module_slack: RunningPlayground) -> None:
        for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static//etc/passwd"):
            with pytest.raises(urllib.error.HTTPError, match="404") as refused:
                urllib.request.urlopen(module_slack.url + path)
            refused.value.close()


class TestTraffic:
    def test_raw_frames_are_kept_without_tokens(self, room: Room) -> None:
        room.web.chat_postMessage(channel=room.id, text="Hi there")
        frames = room.slack.look("traffic")["frames"]
        assert frames[-1]["name"] == "chat.postMessage"
        assert frames[-1]["body"]["text"] == "Hi there"
        assert frames[-1]["answer"]["ok"] is True
        assert "xoxb-" not in json.dumps(frames)

    def test_frames_are_read_on_from_a_number(self, room: Room) -> None:
        room.web.auth_test()
        last = room.slack.look("traffic")["frames"][-1]["seq"]
        room.web.auth_test()
        room.web.team_info()
        assert [f["name"] for f in room.slack.look("traffic", after=last)["frames"]] == ["auth.test", "team.info"]
