"""A message's text as HTML for mail: reads well in dark mode, without pictures and enlarged; links become one button each."""

import html
import re

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
