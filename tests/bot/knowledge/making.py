"""Documents made for a test."""

import io
import zipfile

import docx
from fpdf import FPDF, XPos, YPos
from fpdf.enums import AccessPermission


def pdf(*pages: list[str], title: str = "", bookmarks: bool = False, password: str = "", footer: str = "") -> bytes:
    """Return a PDF. With `bookmarks`, each page's first line is one."""
    made = FPDF()
    made.set_font("helvetica", size=12)
    if title:
        made.set_title(title)
    if password:
        made.set_encryption(owner_password="owner", user_password=password, permissions=AccessPermission.none())
    for number, lines in enumerate(pages, start=1):
        made.add_page()
        if bookmarks:
            made.start_section(lines[0])
        for line in lines:
            made.multi_cell(0, 6, line, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        if footer:
            made.cell(0, 6, f"{footer} {number}")
    return bytes(made.output())


def word(*parts: tuple[str, str], table: list[list[str]] | None = None, title: str = "") -> bytes:
    """Return a Word document of headings ("1" to "9") and paragraphs ("")."""
    made = docx.Document()
    if title:
        made.add_heading(title, level=0)
    for level, text in parts:
        if level:
            made.add_heading(text, level=int(level))
        else:
            made.add_paragraph(text)
    if table:
        grid = made.add_table(len(table), len(table[0]))
        for row, cells in enumerate(table):
            for column, cell in enumerate(cells):
                grid.cell(row, column).text = cell
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def zip_bomb(name: str = "word/document.xml", *, megabytes: int = 200) -> bytes:
    """Return a small zip that unpacks to very much."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(name, "w", force_zip64=True) as entry,
    ):
        for _ in range(megabytes):
            entry.write(bytes(1024 * 1024))
    return file.getvalue()
