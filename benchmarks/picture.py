"""The picture of the page: rows a second as bars, on a scale where each line is ten times the one before."""

from __future__ import annotations

import math
from collections.abc import Iterator

from benchmarks.contenders import CONTENDERS, OURS
from benchmarks.plan import FIRST
from benchmarks.results import Case, Run, middle

LEFT, WIDTH, BAR, GAP, TOP = 230, 520, 18, 8, 56
LOWEST, HIGHEST = 100, 1_000_000
PANELS = (0, 50)

_STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #24292f; }
  .title { font-weight: 600; }
  .line { stroke: #8c959f; stroke-opacity: .45; }
  .bar { fill: #8c959f; }
  .ours { fill: #0969da; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .bar { fill: #6e7681; }
    .ours { fill: #4493f8; }
  }
"""


def drawn(figures: dict[Case, list[Run]]) -> str:
    """The picture as SVG: one panel without delay, one with 50 ms before each answer."""
    parts: list[str] = []
    top = 0
    for latency in PANELS:
        bars = _bars(figures, latency)
        parts.extend(_panel(bars, latency, top))
        top += TOP + len(bars) * (BAR + GAP) + 28
    size = f'width="{LEFT + WIDTH + 110}" height="{top}" viewBox="0 0 {LEFT + WIDTH + 110} {top}"'
    body = "\n".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">\n<style>{_STYLE}</style>\n{body}\n</svg>\n'


def _bars(figures: dict[Case, list[Run]], latency_ms: int) -> list[tuple[str, int, float]]:
    """Contender, rows and rows a second of first loads: of the size nearest to 370,000 that it was measured at."""
    found = []
    for name in CONTENDERS:
        cases = [
            case
            for case in figures
            if (case.contender, case.latency_ms, case.scenario) == (name, latency_ms, FIRST)
        ]
        if cases:
            case = min(cases, key=lambda case: abs(case.rows - 370_000))
            found.append((name, case.rows, case.rows / middle(figures[case], lambda run: run.wall_s)))
    return sorted(found, key=lambda bar: -bar[2])


def _panel(bars: list[tuple[str, int, float]], latency_ms: int, top: int) -> Iterator[str]:
    heading = "no delay" if not latency_ms else f"{latency_ms} ms before each answer"
    yield f'<text class="title" x="8" y="{top + 24}">First load, rows/s, {heading}</text>'
    bottom = top + TOP + len(bars) * (BAR + GAP)
    for power in range(int(math.log10(LOWEST)), int(math.log10(HIGHEST)) + 1):
        x = LEFT + _length(10**power)
        yield f'<line class="line" x1="{x:.0f}" x2="{x:.0f}" y1="{top + 40}" y2="{bottom}"/>'
        yield f'<text x="{x:.0f}" y="{bottom + 16}" text-anchor="middle">{10**power:,}</text>'
    for place, (name, rows, rate) in enumerate(bars):
        y = top + TOP - 8 + place * (BAR + GAP)
        kind = "bar ours" if name in OURS else "bar"
        note = "" if rows == 370_000 else f" ({rows // 1000}k rows)"
        yield f'<text x="{LEFT - 8}" y="{y + 14}" text-anchor="end">{CONTENDERS[name].title}</text>'
        yield f'<rect class="{kind}" x="{LEFT}" y="{y}" width="{_length(rate):.1f}" height="{BAR}" rx="2"/>'
        yield f'<text x="{LEFT + _length(rate) + 6:.0f}" y="{y + 14}">{rate:,.0f}{note}</text>'


def _length(rate: float) -> float:
    """The length of a bar; nothing at or below the lowest rate shown."""
    share = math.log10(max(rate, LOWEST) / LOWEST) / math.log10(HIGHEST / LOWEST)
    return min(share, 1.0) * WIDTH
