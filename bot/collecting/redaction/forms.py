"""Secrets that can be told by themselves: by the form that their makers gave them, or by how random they are."""

import re
from collections import deque
from collections.abc import Callable, Iterator
from functools import cache

from bot.collecting.redaction.placeholders import Kind
from bot.collecting.redaction.spans import Span
from bot.collecting.redaction.values import is_jumbled, is_template

PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-\d:")
PRIVATE_KEY_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|Private-(?:MAC|Hash): [0-9a-f]+")
# A key whose end was cut off ends where its lines end.
KEY_LINES = re.compile(r"(?:(?:\s|\\n)*(?:[\w-]+: [^\n]*|[A-Za-z0-9+/=]{16,}))*")
# What the detector lacks, or finds only a part of.
FORMS = tuple(
    re.compile(rf"(?<![\w-])(?:{form})(?![\w-])")
    for form in (
        r"eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)*",  # JSON Web Token
        r"sk-(?=[\w-]{0,200}\d)(?=[\w-]{0,200}[A-Z])[\w-]{20,300}",  # OpenAI, Anthropic and who followed
        r"(?:xox[a-z](?:\.xox[a-z])?|xapp|xwfp)-(?=[\w-]{0,40}\d)[\w-]{10,300}",  # Slack
        r"github_pat_\w{22,100}",
        r"(?:AIza|ya29\.)[\w-]{30,300}",  # Google
        r"(?:hf|npm|gsk|shpat|shpss|whsec|lin_api|dckr_pat|dop_v1|r8|ntn|pul|sbp|glc|figd|phx)_"
        r"(?=[A-Za-z]{0,40}\d)[A-Za-z0-9]{20,200}",
        r"[rs]k_(?:live|test)_\w{16,200}",  # Stripe
        r"(?:xai|pplx|PMAK|nvapi|key)-(?=[A-Za-z]{0,40}\d)[A-Za-z0-9]{24,200}",
        r"AGE-SECRET-KEY-1[A-Z0-9]{58}",
        r"ATATT3[\w=-]{50,300}",  # Atlassian
        r"dapi[0-9a-f]{32}",  # Databricks
        r"AKCp[A-Za-z0-9]{60,100}",  # Artifactory
    )
)
DETECTORS = (
    "aws.AWSKeyDetector",
    "azure_storage_key.AzureStorageKeyDetector",
    "discord.DiscordBotTokenDetector",
    "github_token.GitHubTokenDetector",
    "gitlab_token.GitLabTokenDetector",
    "mailchimp.MailchimpDetector",
    "pypi_token.PypiTokenDetector",
    "sendgrid.SendGridDetector",
    "slack.SlackDetector",
    "square_oauth.SquareOAuthDetector",
    "stripe.StripeDetector",
    "telegram_token.TelegramBotTokenDetector",
    "twilio.TwilioKeyDetector",
)
HEADER = re.compile(
    r"(?:\bBearer\s{1,3}|\bAuthorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?:[A-Za-z]{3,12}\s)?)([\w.~+/=-]{12,2000})",
    re.IGNORECASE,
)
# A key is of this length; a longer run is a file, a shorter one a name.
RANDOM = re.compile(
    r"(?<![\w+/.-])(?<!(?i:sha1)[:-])(?<!(?i:sha(?:256|384|512))[:-])[A-Za-z0-9][A-Za-z0-9+/_-]{31,99}={0,2}(?![\w+/=-])"
)
NO_SECRET = re.compile(r"sha\d{1,3}[-:_].*|AAAA[A-Z]3NzaC1.*|iVBORw0KGgo.*|/9j/.*|R0lGOD.*|UklGR.*", re.IGNORECASE)
RANDOM_ENOUGH = 4.0  # bits a character: few names in code have as many, 32 random ones of base64 nearly always
RANDOM_PATH = 4.4  # with signs between, as the names in a path have them


def forms(text: str) -> Iterator[Span]:
    """Yield the secrets in a text that need no word before them."""
    for start, end in (*_private_keys(text), *_by_form(text), *_headers(text)):
        yield Span(start, end, Kind.SECRET, text[start:end])


def random_runs(text: str) -> Iterator[Span]:
    """Yield what is too random to be a name and too short to be a file."""
    for match in RANDOM.finditer(text):
        run = match[0].rstrip("=")
        enough = RANDOM_ENOUGH if run.isalnum() else RANDOM_PATH
        if any(map(str.isdigit, run)) and is_jumbled(run) and not NO_SECRET.match(run) and _entropy()(run) >= enough:
            yield Span(*match.span(), Kind.SECRET, match[0])


def _private_keys(text: str) -> Iterator[tuple[int, int]]:
    begins, ends = PRIVATE_KEY.finditer(text), deque(PRIVATE_KEY_END.finditer(text))
    at = 0
    for begin in begins:
        while ends and ends[0].start() < begin.end():
            ends.popleft()
        end = ends[0] if ends else KEY_LINES.match(text, begin.end())
        if begin.start() >= at and end and end.end() > begin.end():
            at = end.end()
            yield begin.start(), at


def _by_form(text: str) -> Iterator[tuple[int, int]]:
    for form in (*FORMS, *_detected_forms()):
        for match in form.finditer(text):
            start = match.end() - len(match[0].lstrip(' \n\t=:"'))
            end = match.start() + len(match[0].rstrip(' \n\t"'))
            if (any(map(str.isdigit, text[start:end])) or end - start > 35) and _stands_alone(text, start, end):
                yield start, end


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Return whether a match is not merely a part of some longer run, of an encoded picture say."""
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    return not (before.isalnum() or before in ("+", "/")) and not (after.isalnum() or after == "+")


@cache
def _detected_forms() -> tuple[re.Pattern[str], ...]:
    """Return the forms that detect-secrets knows. It is slow to import: its plugins can ask servers about a secret."""
    from importlib import import_module

    patterns: list[re.Pattern[str]] = []
    for name in DETECTORS:
        module, _, detector = name.partition(".")
        patterns.extend(getattr(import_module(f"detect_secrets.plugins.{module}"), detector).denylist)
    # Of a link, only what is secret in it goes.
    return tuple(pattern for pattern in patterns if "://" not in pattern.pattern)


def _headers(text: str) -> Iterator[tuple[int, int]]:
    for match in HEADER.finditer(text):
        if any(map(str.isdigit, match[1])) and not is_template(match[1]):
            yield match.span(1)


@cache
def _entropy() -> Callable[[str], float]:
    """Return what measures a string's entropy, in bits a character."""
    from detect_secrets.plugins.high_entropy_strings import Base64HighEntropyString

    return Base64HighEntropyString().calculate_shannon_entropy
