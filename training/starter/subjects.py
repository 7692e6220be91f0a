"""What office facts are about. Two subjects of one kind look alike, and differ in a word or two."""

from random import Random

from training.starter.words import ADJECTIVES, FIRST_NAMES, NOUNS, VERBS, invented

_DOUBLED = frozenset({"cut", "log", "set", "ship", "stop", "swap", "tag", "trim", "wrap"})


def product(rng: Random) -> str:
    """Return something that is sold, such as `the Blavorn plan`."""
    return rng.choice((_named(rng), _described(rng), f"a {_compound(rng)}"))


def thing(rng: Random) -> str:
    """Return something in the building, such as `the spare key cabinet`."""
    return rng.choice((_described(rng), _named(rng), f"{rng.choice(FIRST_NAMES)}'s {rng.choice(NOUNS)}"))


def service(rng: Random) -> str:
    """Return something that somebody takes care of, such as `the parcel desk`."""
    return rng.choice((_described(rng), _named(rng), f"{_compound(rng)}s", invented(rng)))


def activity(rng: Random) -> str:
    """Return something that people do, such as `varnishing the oak bench`."""
    doing = f"{gerund(rng.choice(VERBS))} {rng.choice(('the', 'a', 'your'))} {rng.choice(NOUNS)}"
    return rng.choice((doing, f"the {_compound(rng)}", _described(rng), _named(rng)))


def gerund(verb: str) -> str:
    """Return the -ing form of one of our verbs."""
    if verb.endswith("e"):
        return f"{verb[:-1]}ing"
    return f"{verb}{verb[-1] if verb in _DOUBLED else ''}ing"


def _named(rng: Random) -> str:
    return f"the {invented(rng)} {rng.choice(NOUNS)}"


def _compound(rng: Random) -> str:
    return f"{rng.choice(NOUNS)} {rng.choice(NOUNS)}"


def _described(rng: Random) -> str:
    return f"the {rng.choice(ADJECTIVES)} {rng.choice(NOUNS)}" if rng.random() < 0.6 else f"the {_compound(rng)}"
