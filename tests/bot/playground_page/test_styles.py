"""The page's files, read as they are: colours that can be told apart, and no module that is fetched late."""

import re

import pytest

from bot.playground.app import STATIC

TOKENS = re.compile(r"--([\w-]+): (?:light-dark\((#\w{6}), (#\w{6})\)|(#\w{6}));")
READABLE = 4.5  # WCAG 2.2 AA: text
VISIBLE = 3.0  # WCAG 2.2 AA: what shows where a control is, and where the focus is
PAPERS = ("paper", "side", "raised", "sunken", "hover")
PAIRS = [
    *((ink, paper) for ink in ("ink", "soft", "accent", "danger", "gold", "violet") for paper in PAPERS),
    *(("ink", f"{tint}-soft") for tint in ("accent", "gold", "violet", "danger")),
    *((tint, f"{tint}-soft") for tint in ("accent", "gold", "violet", "danger")),
    *(("soft", f"{tint}-soft") for tint in ("accent", "gold", "violet")),
    *(("accent-ink", "accent"), ("bar-ink", "bar"), ("bar-soft", "bar")),
]  # fmt: skip


def tokens(theme: int) -> dict[str, str]:
    """Return the colours by name; theme 0 is light, 1 dark."""
    found = TOKENS.findall((STATIC / "tokens.css").read_text())
    return {name: one or (light, dark)[theme] for name, light, dark, one in found}


def luminance(color: str) -> float:
    """Return a colour's relative luminance, as WCAG defines it."""
    shares = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares)
    return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)


def contrast(one: str, other: str) -> float:
    """Return a contrast ratio, from 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_black_on_white_has_the_greatest_contrast() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_can_be_read_on_everything_it_stands_on(theme: int) -> None:
    colors = tokens(theme)
    found = {pair: round(contrast(colors[pair[0]], colors[pair[1]]), 2) for pair in PAIRS}
    assert {pair: ratio for pair, ratio in found.items() if ratio < READABLE} == {}


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_the_edge_of_a_field_and_the_focus_can_be_seen(theme: int) -> None:
    colors = tokens(theme)
    shown = ("accent", "edge")
    found = {(name, paper): round(contrast(colors[name], colors[paper]), 2) for name in shown for paper in PAPERS}
    assert {pair: ratio for pair, ratio in found.items() if ratio < VISIBLE} == {}


def test_no_text_is_made_paler_than_its_colour() -> None:
    rules = re.findall(r"([^{}]+)\{([^{}]*)\}", "".join(file.read_text() for file in sorted(STATIC.glob("*.css"))))
    paler = {where.strip().splitlines()[-1] for where, what in rules if re.search(r"opacity: 0?\.\d", what)}
    # What can't be pressed at the moment, and what was pressed and waits.
    assert paler <= {"button:disabled", ".is-busy"}


def test_every_module_is_asked_for_at_once() -> None:
    page = (STATIC / "index.html").read_text()
    assert set(re.findall(r'(?:modulepreload" href|module" src)="/static/([\w.]+)"', page)) == {
        file.name for file in STATIC.glob("*.js")
    }


def test_no_script_comes_from_elsewhere_and_none_parses_html() -> None:
    scripts = {file.name: file.read_text() for file in STATIC.glob("*.js")}
    outside = re.compile(r"""(?:from|import\()\s*["'](?!\./)""")
    parsing = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function")
    assert {name for name, text in scripts.items() if outside.search(text) or parsing.search(text)} == set()
