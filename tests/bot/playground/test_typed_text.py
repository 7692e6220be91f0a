"""What a person types becomes what Slack stores."""

import pytest

from bot.playground.typed_text import stored_text

MENTIONS = {"maya": "<@U1>", "maya.ito": "<@U2>", "reviewers": "<!subteam^S1>", "here": "<!here>"}
CHANNELS = {"help": "C1", "help-desk": "C2"}


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("hello", "hello"),
        ("@maya hello", "<@U1> hello"),
        ("ask @maya.", "ask <@U1>."),
        ("ask @maya.ito.", "ask <@U2>."),
        ("(@Maya)", "(<@U1>)"),
        ("@reviewers and @here", "<!subteam^S1> and <!here>"),
        ("@nobody", "@nobody"),
        ("mail maya@maya", "mail maya@maya"),
        ("see #help-desk, #help and #else", "see <#C2|help-desk>, <#C1|help> and #else"),
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("<@U123> <#C1|help> <!here>", "<@U123> <#C1|help> <!here>"),
        ("<https://a.example|here>", "<https://a.example|here>"),
        ("<javascript:alert(1)|x>", "&lt;javascript:alert(1)|x&gt;"),
        ("see https://a.example/b?c=1&d=2.", "see <https://a.example/b?c=1&amp;d=2>."),
        ("(https://a.example)", "(<https://a.example>)"),
        ("https://a.example/@maya", "<https://a.example/@maya>"),
        ("`@maya <b>` @maya", "`@maya &lt;b&gt;` <@U1>"),
        ("```\n#help @maya\n```", "```\n#help @maya\n```"),
        ("&lt;", "&amp;lt;"),
        ("", ""),
    ],
)
def test_typed_text_is_stored_as_slack_does(typed: str, stored: str) -> None:
    assert stored_text(typed, mentions=MENTIONS, channels=CHANNELS) == stored
