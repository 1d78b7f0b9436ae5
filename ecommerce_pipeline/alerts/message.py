"""What is sent: what is new, what is over, what to do; as text and as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ecommerce_pipeline.alerts import html_form, text_form
from ecommerce_pipeline.alerts.event import Event, in_order

SUBJECT_LENGTH = 120


@dataclass(frozen=True)
class Letter:
    """One message for one channel.

    Attributes:
        subject: one line.
        text: for mail programs that show no HTML, columns below each other.
        chat: for all other channels.
        html: a whole document.
    """

    subject: str
    text: str
    chat: str
    html: str


def letter(new: Sequence[Event], over: Sequence[Event], name: str, schema: str) -> Letter:
    """All news of one evaluation.

    Args:
        new: events that have begun and are not over.
        over: events that are over, told before or not.
        name: of the shop, to tell one pipeline from another.
        schema: of the models' alerts.
    """
    news, ended = in_order(new), in_order(over)
    cures = {event.event_id: event.kind.cure.replace("{schema}", schema) for event in news}
    return Letter(
        _subject(news, ended, name),
        text_form.written(news, ended, cures, name, aligned=True),
        text_form.written(news, ended, cures, name, aligned=False),
        html_form.written(news, ended, cures, name),
    )


def _subject(new: Sequence[Event], over: Sequence[Event], name: str) -> str:
    told = [event.headline for event in new] or [
        f"over: {event.kind.over or event.headline}" for event in over
    ]
    subject = f"[{name}] {'; '.join(dict.fromkeys(told))}"
    return subject if len(subject) <= SUBJECT_LENGTH else f"{subject[: SUBJECT_LENGTH - 1]}…"
