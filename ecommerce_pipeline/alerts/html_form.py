"""A letter as HTML that mail programs show: styles stand at the elements, nothing is fetched, all texts are escaped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from ecommerce_pipeline.alerts.event import Event, shown
from ecommerce_pipeline.alerts.text_form import capital, ended, more, plain

FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
PAGE = f"{FONT};font-size:14px;line-height:1.5;color:#1f2933;background:#f4f5f7;margin:0;padding:24px"
CARD = (
    "background:#ffffff;border:1px solid #d9dee4;border-left:4px solid {};border-radius:4px;padding:16px 20px"
)
CARD += ";margin:0 0 16px 0"
SHORT = 24
RED, GREEN = "#c0392b", "#2e8b57"
HEAD = "font-size:17px;font-weight:600;margin:0"
SINCE = "color:#5f6c7b;margin:2px 0 12px 0"
TABLE = "border-collapse:collapse;font-size:13px;margin:0 0 12px 0"
COLUMN = (
    "text-align:left;color:#5f6c7b;font-weight:600;border-bottom:1px solid #d9dee4;padding:4px 14px 4px 0"
)
CELL = "border-bottom:1px solid #eceff2;padding:4px 14px 4px 0;vertical-align:top"
CURE = "background:#f4f5f7;border-radius:4px;padding:8px 12px;margin:0"
FOOT = "color:#7b8794;font-size:12px;margin:0"


def written(new: Sequence[Event], over: Sequence[Event], cures: Mapping[str, str], name: str) -> str:
    """All events, one after the other, as a whole document; see `text_form.written`."""
    cards = [_card(RED, _new(event, cures[event.event_id])) for event in new]
    if over:
        lines = "".join(f'<p style="margin:4px 0 0 0">{escape(capital(ended(event)))}</p>' for event in over)
        cards.append(_card(GREEN, [f'<h2 style="{HEAD}">Over</h2>', lines]))
    foot = f"Alerts of the pipeline {escape(name)}. Each event is told once, and once more when it is over."
    return (
        '<!DOCTYPE html><html><head><meta charset="utf-8"></head>'
        f'<body style="{PAGE}">{"".join(cards)}<p style="{FOOT}">{foot}</p></body></html>'
    )


def _card(colour: str, parts: Iterator[str] | Sequence[str]) -> str:
    return f'<div style="{CARD.format(colour)}">{"".join(parts)}</div>\n'


def _new(event: Event, cure: str) -> Iterator[str]:
    yield f'<h2 style="{HEAD}">{escape(capital(event.headline))}</h2>'
    yield f'<p style="{SINCE}">Since {shown(event.since)} UTC</p>'
    yield f'<table style="{TABLE}"><tr>{_cells("th", COLUMN, event.kind.columns)}</tr>\n'
    for row in event.rows:
        yield f"<tr>{_cells('td', CELL, row)}</tr>\n"
    yield "</table>"
    if rest := more(event):
        yield f'<p style="{SINCE}">{rest}</p>'
    yield f'<p style="{CURE}"><b>What to do:</b> {_code(escape(cure))}</p>'


def _cells(tag: str, style: str, texts: Sequence[str]) -> str:
    """Short texts stay on one line; sentences may be broken."""
    one_line = [";white-space:nowrap" if len(text) <= SHORT else "" for text in texts]
    cells = zip(texts, one_line, strict=True)
    return "".join(f'<{tag} style="{style}{kept}">{escape(plain(text))}</{tag}>' for text, kept in cells)


def _code(text: str) -> str:
    """What stands between backticks, set as code."""
    pieces = text.split("`")
    return "".join(f"<code>{piece}</code>" if number % 2 else piece for number, piece in enumerate(pieces))
