"""Whether what a model wrote says that it doesn't know, and nothing else that anybody could act on."""

import re

_CLAUSE_END = re.compile(
    r"[.:;!?…\n]+|[—–]|,?\s+(?=(?:but|however|though)\b)|,(?=\s*(?:and|so|because|as|since|it|they|there|you|the)\b)",
    re.IGNORECASE,
)
_NOT = r"(?:do\s+not|don't|does\s+not|doesn't|did\s+not|didn't|cannot|can\s+not|can't|could\s+not|couldn't)"
_PASSAGES = r"(?:passages?|documents?|sources?|notes)"
# At most two words go before, as "Honestly, mate": more of them may be an answer.
_DISCLAIMER = re.compile(
    rf"""^\W*(?:[^\W\d]+\W+){{0,2}}(?:
    (?:based\ on|according\ to|from)\ [^\W\d]+(?:\ [^\W\d]+){{0,3}},?\ (?=i\b|we\b))?(?:
    (?:i|we)\ (?:[a-z]+\ )?{_NOT}\ (?:[a-z]+\ )?(?:know|find|tell|say|see|answer)\b(?!\ of\b)
    | (?:i|we)\ (?:found|see|have|know)\ nothing\b
    | no\ idea\b
    | there(?:\ is|'s)\ no\ (?:information|answer|mention)\b
    | (?:[^\W\d]+\ ){{0,2}}{_PASSAGES}\ (?:[^\W\d]+\ ){{0,3}}?{_NOT}\ (?:[a-z]+\ )?
      (?:say|tell|mention|hold|contain|answer|include|cover|provide|give)\b
    | (?:they|it)\ {_NOT}\ (?:say|tell|mention)\b
    | (?:nothing|none)\ (?:[^\W\d]+\ ){{0,5}}?(?:answers?|says?|tells?|mentions?|holds?)\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_OFFER = re.compile(
    r"^\W*(?:(?:but|and|so|please|maybe|perhaps|you|could|can|may|might|should|try|best|to)\W+)*"
    r"(?:ask|asking|rephrase|let (?:me|us) know|shout)\b",
    re.IGNORECASE,
)
_CLAIMING = re.compile(r"\d|\b(?:is|are|was|be|it's|they're|in|on|at|under|behind|near|by|from)\b", re.IGNORECASE)
_ASIDE = re.compile(r":[\w+-]+:|“[^”\n]*”|\"[^\"\n]*\"")
LONGEST_PHRASE = 6
"""Words of a greeting, or of a farewell, which a voice puts around what it says."""


def claims_nothing(text: str) -> bool:
    """Return whether `text` says that it doesn't know, and claims nothing besides."""
    plain = _ASIDE.sub(" ", text).replace("’", "'")
    clauses = [clause for clause in _CLAUSE_END.split(plain) if any(sign.isalnum() for sign in clause)]
    said = [clause for clause in clauses if not _is_disclaimer(clause)]
    return len(said) < len(clauses) and all(_is_phrase(clause) for clause in said)


def _is_disclaimer(clause: str) -> bool:
    after_comma = clause.partition(",")[2]
    return bool(_DISCLAIMER.match(clause)) and not any(sign.isdigit() for sign in after_comma)


def _is_phrase(clause: str) -> bool:
    if _OFFER.match(clause):
        return not any(sign.isdigit() for sign in clause)
    return len(clause.split()) <= LONGEST_PHRASE and not _CLAIMING.search(clause)
