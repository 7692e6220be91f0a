"""Tables as text in columns, where Slack takes no table: it allows one in a message, below everything else."""

from collections.abc import Sequence
from itertools import zip_longest

WIDEST_CELL = 40
MOST_ROWS, MOST_COLUMNS, MOST_CHARACTERS = 100, 20, 8_000


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as lines whose cells stand below each other; the first row is ruled off."""
    cells = [[" ".join(cell.split()) for cell in row] for row in rows]
    widths = [min(max(map(len, column)), WIDEST_CELL) for column in zip_longest(*cells, fillvalue="")]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip() for row in cells]
    rule = "  ".join("─" * width for width in widths)
    return "\n".join([*lines[:1], rule, *lines[1:]])


def fits_table(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether Slack takes rows as a table, each cell of which says something."""
    return (
        len(rows) <= MOST_ROWS
        and max(map(len, rows)) <= MOST_COLUMNS
        and sum(len(cell) for row in rows for cell in row) <= MOST_CHARACTERS
        and all(cell.strip() for row in rows for cell in row)
    )
