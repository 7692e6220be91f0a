"""Secrets that are told by the word before them: `password: …`, `API_KEY=…`, "the password is …"."""

import re
from collections.abc import Iterator

from bot.collecting.redaction.placeholders import Kind
from bot.collecting.redaction.spans import Span
from bot.collecting.redaction.values import is_bare_word, is_password, is_template, is_token

WORD = r"(?:passw(?:or)?d|passphrase|passcode|passwort|kennwort|contraseña)\d?"
# Short names are words of their own in a sentence: "pass `x=1` to it".
NAME = rf"(?:{WORD}|(?<![a-z])(?:pwd|pw|pass)\d?)"
KEY_NAME = (
    r"(?:(?:api|access|auth|secret|private|client|signing|webhook|encryption|master|shared|service|account|deploy"
    r"|license|bot|app|refresh|session|storage)[ _-]?key(?:[ _-]?id)?|(?:preshared|otp|totp|mfa|2fa)[ _-]?(?:key|seed)"
    r"|(?<![a-z])token|(?:auth|access|bot|app)token|secret|credentials?|sessionid|jsessionid|phpsessid|connect\.sid)"
)
# `DB_PASSWORD_STAGING`, but not `token_type`
SUFFIX = r"(?:[_-](?!name|type|file|path|url|hash|len|limit|count|expir|ttl|field|ref|min|max|version)\w{1,20})?"
MARKS = r"[\"'`*_~\]]{0,3}"
ASSIGNED = r"(?:[ \t]{0,3}(?::=|=>|[:=])[*_~]{0,2}[ \t]{0,3}(?:\n(?:> ?)?[ \t]{0,3})?|[ \t]value[ \t]?=[ \t]?)"
VERB = r"\s(?:is|was|are|now|ist|to|to be)(?: (?:still|now|always|just))?:?\s{1,3}(?:> ?)?"
GIVEN = r"([^\s=][^\n]{0,250})"
PASSWORD = re.compile(rf"{NAME}{SUFFIX}{MARKS}{ASSIGNED}{GIVEN}", re.IGNORECASE)
TOKEN = re.compile(rf"{KEY_NAME}{SUFFIX}{MARKS}{ASSIGNED}{GIVEN}", re.IGNORECASE)
SAID = re.compile(rf"(?:{WORD}|{KEY_NAME}|(?<![a-z])(?:pwd|pw))\b[^\n.:=?;]{{0,40}}?{VERB}{GIVEN}", re.IGNORECASE)
FOLLOWED = re.compile(rf"(?:{WORD}|{KEY_NAME}|(?<![a-z])(?:pwd|pw)):?\s{{1,3}}{GIVEN}", re.IGNORECASE)
# "creds: ada / swordfish7"
AFTER_A_USER = re.compile(rf"\b(?:creds?|credentials|login)\b[^\n]{{0,60}}?\s/\s?{GIVEN}", re.IGNORECASE)
COMMAND = re.compile(
    r"(?:\bcurl\b[^\n]{0,200}?\s(?:-u|--user)|\bsshpass\s+-p|\blogin\b[^\n]{0,200}?\s-p)[\s=]{0,3}([^\s][^\n]{3,250})"
)
DOOR_CODE = re.compile(
    r"(?:\b(?:alarm|door|gate|entry|lock|safe|garage|key ?box)[ -]?code\b|\bpin(?: code| number)?(?=:| is))"
    r"(?:[^\n.:=?;\d]{0,30}?\s(?:is|was))?[:=]?\s{1,2}[`*]?(\d{4,8})(?![\w.-]*\w)",
    re.IGNORECASE,
)
QUOTES = "\"'`“”‘’"
CLOSING = {"“": "”", "‘": "’"}
# `Password=a;Database=b`, `password=a&b=c`, `password=a, user=b`, `password=a)`, `token=a">`
NEXT_FIELD = re.compile(r"[;,&]\s*[\w ]{1,30}=|[\"`>]|\)\]|[,;)\]}]*$")


def named(text: str) -> Iterator[Span]:
    """Yield the secrets in a text that are named as such."""
    for pattern, is_given in (
        (PASSWORD, _is_password),
        (TOKEN, _is_token),
        (SAID, _is_said),
        (FOLLOWED, _is_said),
        (AFTER_A_USER, _is_said),
        (COMMAND, _is_login),
    ):
        at = 0
        while match := pattern.search(text, at):
            start, value, is_quoted = _value(match[1], match.start(1))
            if is_given(match, value, is_quoted):
                yield Span(start, start + len(value), Kind.SECRET, value)
            # The same line may name another one.
            at = max(match.start(1), match.start() + 1)
    for match in DOOR_CODE.finditer(text):
        yield Span(*match.span(1), Kind.SECRET, match[1])


def _value(given: str, at: int) -> tuple[int, str, bool]:
    """Return where a value starts in the text, the value, and whether it is quoted."""
    bare = given.lstrip("*_~")
    if bare and bare[0] in QUOTES:
        end = bare.find(CLOSING.get(bare[0], bare[0]), 1)
        if end > 1:
            return at + len(given) - len(bare) + 1, bare[1:end], True
    bare = bare.lstrip(QUOTES)
    word = re.match(r"\S*", bare)[0]  # type: ignore[index]  # it matches anything
    cut = NEXT_FIELD.search(word)
    word = word[: cut.start()] if cut else word
    return at + len(given) - len(bare), word.rstrip(".,:;*" + QUOTES), False


def _is_password(match: re.Match[str], value: str, is_quoted: bool) -> bool:
    if is_quoted:
        return is_password(value) or (len(value) >= 4 and " " not in value and not is_template(value))
    if is_password(value):
        return True
    if value.isdigit():
        return len(value) >= 4 and bool(re.match(WORD, match[0], re.IGNORECASE))
    # `password: swordfish` and nothing behind it; `DB_PASSWORD=swordfish`, but not `password=variable`.
    is_alone = match[1].strip() == value
    is_setting = "=" not in match[0] or match[0].split("=")[0].strip().isupper()
    return is_alone and is_setting and is_bare_word(value) and not ORDINARY.fullmatch(value)


def _is_token(match: re.Match[str], value: str, is_quoted: bool) -> bool:
    return is_token(value) and (not is_quoted or " " not in value)


def _is_said(match: re.Match[str], value: str, is_quoted: bool) -> bool:
    if is_quoted and " " in value:
        return bool(re.match("passphrase", match[0], re.IGNORECASE))
    if value.isdigit():
        return len(value) >= 4 and bool(re.match("passcode", match[0], re.IGNORECASE))
    is_key = re.match(KEY_NAME, match[0], re.IGNORECASE) and match.re is not AFTER_A_USER
    return is_password(value) and (not is_key or (is_token(value) and len(value) >= 12))


def _is_login(match: re.Match[str], value: str, is_quoted: bool) -> bool:
    user, colon, password = value.partition(":")
    if "curl" in match[0].lower():
        return bool(user and colon and len(password) >= 3 and not is_template(password))
    return not is_template(value) and not value.isdigit()


ORDINARY = re.compile(
    r"str|bool|int|any|object|secretstr|string|text|varchar|bytes|integer|number|field|input|hidden|none|null|true|false"
    r"|required|optional|changed|missing|incorrect|invalid|wrong|expired|empty|reset|forgotten|unknown|unset|redacted"
    r"|removed|blank|same|here|below|above|enabled|disabled|protected|encrypted|hashed|login|username",
    re.IGNORECASE,
)
