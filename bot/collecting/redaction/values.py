"""Whether what stands behind `password:` is a password, or a word, a variable or a blank to fill in."""

import re
from itertools import pairwise

TEMPLATE = re.compile(
    r"""
    [<\[{].* | \$[({].* | \$[A-Za-z_]\w*\W* | %\w+% | %\(.*        # <token>, {{ token }}, ${TOKEN}, %TOKEN%
    | (\D)\1* | [*•.x…_-]+                                            # ****
    | (?:your|my|the|some|an?|dummy|fake|sample|example|test|insert|enter|new|old|db|user|default)?[\W_]*
      (?:change[\W_]?(?:me|it|this)|passw(?:or)?d|pass|pwd|secret|token|api[\W_]?key|key|placeholder|redacted|example|todo|tbd
        |hidden|value|string)
      (?:[\W_]*(?:here|value|goes|this))*[\W_]*
    """,
    re.VERBOSE | re.IGNORECASE,
)
# `settings.db_password`, `get_secret("db")`, `os.environ["TOKEN"]`, `self._token`
CODE = re.compile(r"[A-Za-z_]\w*(?:(?:\.|->|::)[A-Za-z_]\w*)+\W*|[\w.:>-]*\w[(\[].*|[&*]\w+|@\w+/.*")
PATH = re.compile(r"(?:~|\.{0,2})/.*|[A-Za-z]:\\.*|[a-z][\w.-]*[:/][a-z].*")
URL = re.compile(r"[A-Za-z][\w+.-]*://")
FILE = re.compile(r"(?:~|\.{0,2})/[\w./-]*")
# What a sentence goes on with: "the password is SHA256-hashed", "in 1Password".
SUBJECT = re.compile(
    r"(?:sha|md|base|bcrypt|scrypt|argon|aes|utf|rsa|oauth|v|http|tls|ed|pbkdf|saml)-?\d+.*|1password\W*", re.IGNORECASE
)
JUMBLED = 0.4  # of the places between two characters: there letters and digits, upper and lower case take turns
SIGN_WITHIN = re.compile(r"\w[!$%&*#@^~+=]+\w")
WORD = re.compile(r"[^\W\d_]+(?:['’_-][^\W\d_]+)*[.,:;!?)…'\"]*")


def is_template(value: str) -> bool:
    """Return whether a value is a blank that somebody is to fill in."""
    return TEMPLATE.fullmatch(value) is not None


def is_password(value: str) -> bool:
    """Return whether a value looks like a password rather than like a word of a sentence or an expression in code."""
    if len(value) < 5 or _is_something_else(value) or FILE.fullmatch(value) or SUBJECT.fullmatch(value):
        return False
    if _classes(value) >= 3 or len(value) < 6:
        return _classes(value) >= 3
    return _classes(value) == 2 and bool(any(map(str.isdigit, value)) or SIGN_WITHIN.search(value) or is_jumbled(value))


def is_token(value: str) -> bool:
    """Return whether a value looks like a token rather than like a word, a number, a path or an expression in code."""
    if len(value) < 8 or _is_something_else(value) or PATH.fullmatch(value):
        return False
    return any(map(str.isdigit, value)) and any(map(str.isalpha, value))


def is_bare_word(value: str) -> bool:
    """Return whether a value is one word, which is a password only where nothing else can stand."""
    return len(value) >= 4 and WORD.fullmatch(value) is not None and not is_template(value)


def is_jumbled(value: str) -> bool:
    """Return whether the characters of a value follow each other as no word's and no name's do."""
    kinds = ["d" if sign.isdigit() else "u" if sign.isupper() else "l" if sign.islower() else "" for sign in value]
    turns = sum(one != other for one, other in pairwise(kinds))
    return {"u", "l"} <= set(kinds) and turns >= JUMBLED * (len(value) - 1)


def _is_something_else(value: str) -> bool:
    is_word = WORD.fullmatch(value) and not (len(value) >= 8 and is_jumbled(value))
    return is_template(value) or bool(CODE.fullmatch(value) or is_word or URL.match(value))


def _classes(value: str) -> int:
    """Return how many of lower case, upper case, digits and other signs a value has."""
    is_other = any(not sign.isalnum() and sign not in "-'’_.,:" for sign in value)
    return sum((any(map(str.islower, value)), any(map(str.isupper, value)), any(map(str.isdigit, value)), is_other))
