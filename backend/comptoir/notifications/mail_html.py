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
_WORDS = {"fr": "Ouvrir ma page", "en": "Open my page"}


def as_html(subject: str, text: str, language: str, house: str) -> str:
    """One whole document; everything that came in is escaped."""
    body = "\n".join(_paragraph(line, language) for line in text.splitlines() if line.strip())
    heading = f'<h1 style="font-size:24px;line-height:1.25;margin:0 0 16px">{html.escape(subject)}</h1>'
    return _PAGE.format(
        language=html.escape(language),
        subject=html.escape(subject),
        house=html.escape(house),
        body=f"{heading}\n{body}",
    )


def _paragraph(line: str, language: str) -> str:
    """A line as a paragraph. The address stands in the text part; here the button stands for it."""
    found = _LINK.search(line)
    before = html.escape(line[: found.start()].rstrip(" :\u00a0") if found else line)
    if found is not None and found[0].endswith("/unsubscribe"):
        return f'<p style="margin:24px 0 0">{_QUIET.format(link=html.escape(found[0]), words=before)}</p>'
    words = f'<p style="margin:0 0 16px">{before}</p>' if before else ""
    if found is None:
        return words
    button = _BUTTON.format(link=html.escape(found[0]), words=_WORDS.get(language, _WORDS["fr"]))
    return f'{words}<p style="margin:0 0 24px">{button}</p>'
