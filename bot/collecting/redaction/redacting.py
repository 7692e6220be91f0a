"""What may be stored of a text: secrets and personal data are replaced by placeholders, and nothing else is touched.

Names that people type are not found, nor is what only a reader would understand to be personal.
"""

import re
from collections.abc import Iterable

from bot.collecting.redaction.addresses import addresses
from bot.collecting.redaction.forms import forms, random_runs
from bot.collecting.redaction.links import Link, link_at, links, tokens
from bot.collecting.redaction.named import named
from bot.collecting.redaction.numbers import numbers
from bot.collecting.redaction.phones import linked, phones
from bot.collecting.redaction.placeholders import Kind, Placeholders, Redacted, replaced_in
from bot.collecting.redaction.spans import Span, replaced, settled
from bot.slack.mrkdwn import ADDRESSED, unescape

DEFAULT_REGION = "US"
ROUNDS = 8  # people's texts need two; a text of repeated halves of a secret would take thousands
MENTION = re.compile(r"<@([A-Z0-9]{1,20})(?:\|[^<>]*)?>")
MAIL_LINK = re.compile(r"<mailto:([^|<>]+)(?:\|([^<>]*))?>")
PHONE_LINK = re.compile(r"<tel:([^|<>]+)(?:\|([^<>]*))?>")
# What `unescape` makes of a mention without a name.
USER_ID = re.compile(r"(?<![\w@])@([UW](?=[A-Z]{0,10}\d)[A-Z0-9]{7,11})(?!\w)")


def redact(*texts: str, region: str = DEFAULT_REGION) -> tuple[Redacted, ...]:
    """Return plain texts of one pair without the secrets and personal data in them.

    The same value has the same placeholder in all of them, and a text that was redacted before stays as it is.
    `region` is the country whose way of writing phone numbers is understood, such as `US` or `DE`.
    """
    return _redacted(texts, Placeholders(texts), region)


def redact_sources(*sources: str, region: str = DEFAULT_REGION) -> tuple[Redacted, ...]:
    """Return, redacted as `redact` does, the plain text of Slack messages as Slack stores them.

    Mentions of people become placeholders, except of those whom a message is addressed to at its start: they go, as in
    `plain_text`. Channels and groups keep their names.
    """
    placeholders = Placeholders(sources)
    texts = [unescape(_without_people(ADDRESSED.sub("", source), placeholders, region)).strip() for source in sources]
    return _redacted(texts, placeholders, region)


def _redacted(texts: Iterable[str], placeholders: Placeholders, region: str) -> tuple[Redacted, ...]:
    cleared = [_cleared(text, placeholders, region) for text in texts]
    return tuple(Redacted(text, replaced_in(text)) for text in cleared)


def _cleared(text: str, placeholders: Placeholders, region: str) -> str:
    # What was cut off from its neighbours may be seen for what it is only then: look until nothing is found.
    for _ in range(ROUNDS):
        spans = settled(text, _found(text, region))
        if not spans:
            break
        text = replaced(text, [(span, placeholders.of(span.kind, span.value)) for span in spans])
    return text


def _found(text: str, region: str) -> list[Span]:
    ways = links(text)
    found = [*tokens(text, ways), *named(text), *forms(text), *numbers(text)]
    # A link is full of what looks random or like a phone number, and has an @ before its host.
    found += [span for span in (*random_runs(text), *phones(text, region)) if not link_at(ways, span.start)]
    found += [span for span in addresses(text) if not _is_host(ways, span)]
    found += [Span(*match.span(), Kind.PERSON, match[1]) for match in USER_ID.finditer(text)]
    return found


def _is_host(ways: list[Link], span: Span) -> bool:
    link = link_at(ways, span.end - 1)
    if link is None or span.start >= link.host_end:
        return False
    return link.has_password or span.start == link.host_start


def _without_people(source: str, placeholders: Placeholders, region: str) -> str:
    """Return Slack's source without those it mentions, and without the addresses and numbers that it marks as such."""
    source = MENTION.sub(lambda match: placeholders.of(Kind.PERSON, match[1]), source)
    source = MAIL_LINK.sub(lambda match: _mail(match, placeholders), source)
    return PHONE_LINK.sub(lambda match: _phone(match, placeholders, region), source)


def _mail(match: re.Match[str], placeholders: Placeholders) -> str:
    address, label = match[1].partition("?")[0], match[2]
    if label and "@" not in label:
        return label
    return placeholders.of(Kind.EMAIL, unescape(address).replace("%40", "@").lower())


def _phone(match: re.Match[str], placeholders: Placeholders, region: str) -> str:
    label = match[2] or match[1]
    number = linked(match[1], label, region)
    return placeholders.of(Kind.PHONE, number) if number else label
