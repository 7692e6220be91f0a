"""What is written stays text, however it looks."""

import time

import pytest

from tests.bot.playground_page.conftest import Desk

pytestmark = pytest.mark.browser

# Draws with the page's own modules and returns the nodes in a short form: tag(children), text in quotes.
DRAW = """async ([module, call, text]) => {
  const { [call]: draw } = await import(`/static/${module}`);
  const names = {
    me: { id: "U1" }, person: (id) => (id === "U1" ? { id, real_name: "Ada <b>Q" } : null), group: () => null,
    channel: (id) => (id === "C1" ? { id, name: "help" } : null), openChannel: () => {},
  };
  const outline = (node) => (node.nodeType === 3 ? JSON.stringify(node.data)
    : `${node.tagName.toLowerCase()}(${[...node.childNodes].map(outline).join(" ")})`);
  const box = document.createElement("div");
  box.append(...draw(text, names));
  box.normalize();
  return [...box.childNodes].map(outline).join(" ");
}"""

MRKDWN = [
    ("*bold* _it_ ~no~ `a*b*`", 'strong("bold") " " em("it") " " s("no") " " code("a*b*")'),
    ("*bold _and it_*", 'strong("bold " em("and it"))'),
    ("2*3*4 snake_case_name a~b~c", '"2*3*4 snake_case_name a~b~c"'),
    ("* not bold * nor *", '"* not bold * nor *"'),
    ("a &lt;b&gt; &amp;amp;", '"a <b> &amp;"'),
    ("&gt; one\n&gt; two\nthree", 'blockquote("one" br() "two") "three"'),
    ("```\nx = *1*\n&lt;b&gt;```after", 'pre("x = *1*\\n<b>") "after"'),
    ("<https://a.example/x?a=1&amp;b=2|a *label*>", 'a("a *label*")'),
    ("see https://a.example/x.", '"see " a("https://a.example/x") "."'),
    ("<javascript:alert(1)|click>", '"<javascript:alert(1)|click>"'),
    ("hi <@U1>, <#C1|old>", '"hi " span("@Ada <b>Q") ", " button("#help")'),
    ("<#C9|far>, <@U9>", 'span("#far") ", " span("@unknown")'),
    (":tada: :not_an_emoji:", 'span("🎉") " :not_an_emoji:"'),
    ("<!here> <!date^0^{year} {x}|once>", 'span("@here") " " span("{year} {x}")'),
    ("<b>x</b>", '"<b>x</b>"'),
]  # fmt: skip
MARKDOWN = [
    ("# Title\n\ntext **bold** and *it*", 'h3("Title") p("text " strong("bold") " and " em("it"))'),
    ("- a\n- b\n  - c\n\n1. x", 'ul(li("a") li("b" ul(li("c")))) ol(li("x"))'),
    ("```py\na < b\n```\n> quoted", 'pre("a < b") blockquote(p("quoted"))'),
    ("| A | B |\n|---|--:|\n| 1 | 2 |", 'div(table(thead(tr(th("A") th("B"))) tbody(tr(td("1") td("2")))))'),
    ("[ok](https://a.example) [1]", 'p(a("ok") " [1]")'),
    ("[bad](javascript:alert)", 'p(span("bad"))'),
    ("hi <@U1> &lt;b&gt; <b>", 'p("hi " span("@Ada <b>Q") " <b> <b>")'),
]


def test_mrkdwn_is_drawn_as_slack_draws_it(desk: Desk) -> None:
    page = desk.open("ada", "help-desk")
    drawn = [(text, page.evaluate(DRAW, ["mrkdwn.js", "mrkdwn", text])) for text, _ in MRKDWN]
    assert drawn == MRKDWN


def test_markdown_is_drawn_with_headings_lists_tables_and_links(desk: Desk) -> None:
    page = desk.open("ada", "help-desk")
    drawn = [(text, page.evaluate(DRAW, ["markdown.js", "markdown", text])) for text, _ in MARKDOWN]
    assert drawn == MARKDOWN


def test_mrkdwn_made_to_be_slow_is_drawn_quickly(desk: Desk) -> None:
    page = desk.open("ada", "help-desk")
    slow = "*_~`<@" * 2000
    start = time.monotonic()
    page.evaluate(DRAW, ["mrkdwn.js", "mrkdwn", slow])
    page.evaluate(DRAW, ["markdown.js", "markdown", slow])
    assert time.monotonic() - start < 2.0


def test_the_page_asks_nobody_else_for_anything(desk: Desk) -> None:
    room = desk.room()
    image = {"type": "image", "image_url": "https://tracker.example.com/pixel.png", "alt_text": "a chart"}
    desk.slack.web.chat_postMessage(channel=f"#{room}", text="chart", blocks=[image])
    page = desk.blank()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{desk.slack.url}/#/ada/{room}")
    page.get_by_role("link", name="a chart").wait_for()
    assert asked
    assert [url for url in asked if not url.startswith(desk.slack.url)] == []
