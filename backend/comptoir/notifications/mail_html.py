"""A message's text as HTML for mail: reads well in dark mode, without pictures and enlarged; links become one button each."""

import html
import re
from collections.abc import Sequence

_LINK = re.compile(r"https?://[^\s<>\"]+")
_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>{subject}</title>
<style>:root{{color-scheme:light dark}}@media(prefers-color-scheme:dark){{.sheet{{background:#14201d!important;color:#eef4f1!important}}.button{{background:#7fd6b4!important;color:#0b1512!important}}}}</style></head>
<body style="margin:0"><div class="sheet" style="background:#ffffff;color:#14201d;font:17px/1.5 system-ui,sans-serif;padding:24px"><div style="max-width:520px;margin:0 auto">
<p style="font-weight:600;margin:0 0 24px">{house}</p>
{body}
</div></div></body></html>
"""
_BUTTON = '<a class="button" href="{link}" style="display:inline-block;background:#0f5a44;color:#ffffff;font-weight:600;text-decoration:none;padding:14px 20px;border-radius:12px">{words}</a>'
_QUIET = '<a href="{link}" style="color:inherit;font-size:15px">{words}</a>'
WORDS = {"fr": "Ouvrir ma page", "en": "Open my page"}


def as_html(subject: str, text: str, language: str, house: str) -> str:
    """One whole document; everything that came in is escaped."""
    body = "\n".join(_paragraph(words, link, language) for words, link in paragraphs(text))
    heading = f'<h1 style="font-size:24px;line-height:1.25;margin:0 0 16px">{html.escape(subject)}</h1>'
    return _PAGE.format(
        language=html.escape(language),
        subject=html.escape(subject),
        house=html.escape(house),
        body=f"{heading}\n{body}",
    )


def paragraphs(text: str) -> list[tuple[str, str]]:
    """(words, link) of every line that says something; either may be empty. The address stands in the text part of the mail; here
    the button stands for it."""
    found = [(line, _LINK.search(line)) for line in text.splitlines() if line.strip()]
    return [(line[: link.start()].rstrip(" :\u00a0"), link[0]) if link else (line, "") for line, link in found]


def _paragraph(line: str, link: str, language: str) -> str:
    if link.endswith("/unsubscribe"):
        return f'<p style="margin:24px 0 0">{_QUIET.format(link=html.escape(link), words=html.escape(line))}</p>'
    words = f'<p style="margin:0 0 16px">{html.escape(line)}</p>' if line else ""
    if not link:
        return words
    button = _BUTTON.format(link=html.escape(link), words=WORDS.get(language, WORDS["fr"]))
    return f'{words}<p style="margin:0 0 24px">{button}</p>'


_CELL = 'style="padding:8px 12px 8px 0;text-align:{side};border-bottom:1px solid #8a9490;vertical-align:top"'


def report_html(
    subject: str, lead: str, facts: Sequence[tuple[str, str, str]], head: Sequence[str], rows: Sequence[Sequence[str]],
    open_page: tuple[str, str], stop: tuple[str, str, str], language: str, house: str,
) -> str:  # fmt: skip
    """A report: its values as a table with headings, store by store below, one button, and how to end it. Everything is escaped.

    `open_page`: (words, link); `stop`: (why this mail comes, words, link).
    """
    said = html.escape
    body = [
        f'<h1 style="font-size:24px;line-height:1.25;margin:0 0 8px">{said(subject)}</h1>',
        f'<p style="margin:0 0 16px">{said(lead)}</p>',
        '<table style="border-collapse:collapse;width:100%;margin:0 0 24px">',
        *(
            f'<tr><th scope="row" {_CELL.format(side="left")}>{said(name)}</th><td {_CELL.format(side="left")}><b>{said(value)}</b><br>{said(was)}</td></tr>'
            for name, value, was in facts
        ),
        "</table>",
    ]
    if rows:
        cells = "".join(
            f'<th scope="col" {_CELL.format(side="right" if at else "left")}>{said(name)}</th>'
            for at, name in enumerate(head)
        )
        body.append(
            f'<table style="border-collapse:collapse;width:100%;margin:0 0 24px;font-size:15px"><thead><tr>{cells}</tr></thead><tbody>'
        )
        for row in rows:
            values = "".join(f"<td {_CELL.format(side='right')}>{said(value)}</td>" for value in row[1:])
            body.append(f'<tr><th scope="row" {_CELL.format(side="left")}>{said(row[0])}</th>{values}</tr>')
        body.append("</tbody></table>")
    words, link = open_page
    why, ends, ending = stop
    body.append(f'<p style="margin:0 0 24px">{_BUTTON.format(link=said(link), words=said(words))}</p>')
    body.append(
        f'<p style="margin:24px 0 0;font-size:15px">{said(why)} {_QUIET.format(link=said(ending), words=said(ends))}</p>'
    )
    return _PAGE.format(language=said(language), subject=said(subject), house=said(house), body="\n".join(body))
