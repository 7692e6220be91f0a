"""Parts of a rich text, packed into as few messages as hold them."""

import json
from collections.abc import Iterator, Sequence

from bot.blocks.layout import Block, rich, run

# Slack takes 13,200 characters of blocks in one message.
MESSAGE_LIMIT = 13_000
PART_LIMIT = 2_500
"""A part longer than this many characters is cut into several."""
MOST_MESSAGES = 12
"""What would not fit into so many is left out: nobody reads on."""


def packed(
    parts: Sequence[Block],
    *,
    ending: Sequence[Block],
    beginning: Sequence[Block] = (),
) -> list[list[Block]]:
    """Return the blocks of each message, at most `MOST_MESSAGES`.

    `beginning` is above the first one's, and `ending` below the last one's, whatever had to be left out for it.
    """
    room = MESSAGE_LIMIT - size(ending) - size(beginning)
    messages: list[list[Block]] = [[]]
    length = 0
    for part in (piece for one in parts for piece in _cut(one)):
        more = size(part)
        if messages[-1] and length + more > room:
            messages.append([])
            length = 0
        messages[-1].append(part)
        length += more
    if len(messages) > MOST_MESSAGES:
        messages = messages[:MOST_MESSAGES]
        messages[-1].append({"type": "rich_text_section", "elements": [run("…")]})
    texts = [[rich(*_spaced(message))] if message else [] for message in messages]
    texts[0] = [*beginning, *texts[0]]
    return [*texts[:-1], [*texts[-1], *ending]]


def size(blocks: object) -> int:
    """Return how long blocks are as Slack may count them: as JSON."""
    return len(json.dumps(blocks, ensure_ascii=False))


def _spaced(parts: Sequence[Block]) -> list[Block]:
    """Return parts with paragraphs that follow each other made one, and list items of one list together."""
    joined: list[Block] = []
    for part in parts:
        last = joined[-1] if joined else None
        if last and last["type"] == part["type"] == "rich_text_section":
            last["elements"] = merged([*last["elements"], run("\n\n"), *part["elements"]])
        elif last and part["type"] == "rich_text_list" and _continues(last, part):
            last["elements"] = [*last["elements"], *part["elements"]]
        else:
            joined.append(dict(part))
    return joined


def merged(runs: Sequence[Block]) -> list[Block]:
    """Return runs with those of one style that follow each other made one."""
    merged: list[Block] = []
    for one in runs:
        last = merged[-1] if merged else None
        if last and one["type"] == last["type"] == "text" and one.get("style") == last.get("style"):
            merged[-1] = last | {"text": last["text"] + one["text"]}
        else:
            merged.append(one)
    return merged


def _continues(last: Block, part: Block) -> bool:
    if (last["type"], last.get("style"), last.get("indent")) != (part["type"], part["style"], part["indent"]):
        return False
    after = int(last.get("offset", 0)) + len(last["elements"])
    return part["style"] == "bullet" or after == int(part.get("offset", 0))


def _cut(part: Block) -> Iterator[Block]:
    """Cut a part that is long, at a line or word where there is one."""
    if size(part) <= PART_LIMIT:
        yield part
        return
    if part["type"] == "rich_text_list":
        (item,) = part["elements"]
        first, *others = _cut(item)
        yield part | {"elements": [first]}
        yield from others
        return
    held: list[Block] = []
    for piece in (piece for element in part["elements"] for piece in _cut_run(element)):
        if held and size(held) + size(piece) > PART_LIMIT:
            yield part | {"elements": held}
            held = []
        held.append(piece)
    yield part | {"elements": held}


def _cut_run(element: Block) -> Iterator[Block]:
    text = element.get("text", "")
    if element["type"] != "text":
        yield element
        return
    most = PART_LIMIT - 200
    while text:
        end = len(text)
        while size(text[:end]) > most:
            end = min(end - 1, max(end * most // size(text[:end]), 1))
        if end < len(text):
            end = max(text.rfind("\n", 0, end), text.rfind(" ", 0, end)) + 1 or end
        yield element | {"text": text[:end]}
        text = text[end:]
