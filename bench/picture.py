"""The picture for the README: for each piece of work a line from the slowest to the fastest on a logarithmic scale."""

import math
from xml.sax.saxutils import escape

from clients import OURS, THEIRS

# What is in it, in this order, with shorter names.
ROWS = {"version": "--version", "plain": "2 kB", "tls": "2 kB, TLS", "tls-auth": "2 kB, TLS, login",
        "starttls-auth": "2 kB, STARTTLS, login", "tls-system": "2 kB, TLS, system trust", "1000-plain": "1,000 recipients",
        "1000-tls": "1,000 recipients, TLS", "200-at-20ms": "200 recipients, 20 ms away",
        "passwordeval-20ms": "slow passwordeval, 20 ms away", "dead-address": "first address dead", "1M-plain": "1 MB",
        "1M-tls": "1 MB, TLS", "10M-plain": "10 MB", "10M-tls": "10 MB, TLS", "25M-plain": "25 MB",
        "25M-tls": "25 MB, TLS"}
NAMES = {OURS: "this project", THEIRS: "Debian's msmtp", "curl": "curl", "esmtp": "esmtp", "nullmailer": "nullmailer"}
WIDTH, LEFT, RIGHT, TOP, STEP = 860, 235, 90, 70, 26
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.small { font-size: 11px; fill: #59636e }
.gain { font-weight: 600 }
.line { stroke: #d1d9e0; stroke-width: 1 }
.way { stroke: #9aa5b1; stroke-width: 3; stroke-linecap: round }
.ours { fill: #0a7d4f } .msmtp { fill: #b3541e }
.curl, .esmtp, .nullmailer { fill: none; stroke-width: 2 }
.curl { stroke: #3566c4 } .esmtp { stroke: #8250df } .nullmailer { stroke: #6e7781 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .small { fill: #9198a1 } .line { stroke: #3d444d } .way { stroke: #656c76 }
  .ours { fill: #3fb98a } .msmtp { fill: #e8935a }
  .curl { stroke: #79a7ff } .esmtp { stroke: #c297ff } .nullmailer { stroke: #9198a1 }
}
"""


def milliseconds(row, label):
    """The time that a piece of work took, also where a rate was measured."""
    value = row.median(label)
    if value and row.unit == "MB/s":
        return int(row.key.split("M")[0]) * 1000 / value
    return value


def mark(label, x, y):
    if label in (OURS, THEIRS):
        return f'<circle class="{label}" cx="{x:.1f}" cy="{y}" r="6"/>'
    return f'<circle class="{label}" cx="{x:.1f}" cy="{y}" r="4"/>'


def name_of(value):
    return f"{value:g} ms" if value < 1000 else f"{value / 1000:g} s"


def draw(rows, facts):
    """An SVG. Rows without both programs are left out."""
    found = {row.key: row for row in rows}
    shown = [(found[key], title) for key, title in ROWS.items() if key in found and found[key].median(OURS)]
    values = [milliseconds(row, label) for row, _ in shown for label in row.samples if row.median(label)] or [1, 10]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)) + 0.01)
    height = TOP + STEP * len(shown) + 50

    def place(value):
        return LEFT + (WIDTH - LEFT - RIGHT) * (math.log10(value) - low) / (high - low)

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
             f'role="img"><title>Time for the same work: this project and others</title><style>{STYLE}</style>']
    for power in range(low, high + 1):
        x = place(10 ** power)
        parts.append(f'<line class="line" x1="{x:.1f}" y1="{TOP - 12}" x2="{x:.1f}" y2="{height - 44}"/>'
                     f'<text class="small" x="{x:.1f}" y="{TOP - 18}" text-anchor="middle">{name_of(10.0 ** power)}</text>')
    x = LEFT
    labels = [label for label in NAMES if any(row.median(label) for row, _ in shown)]
    for label in labels:
        parts.append(mark(label, x, 20) + f'<text x="{x + 11}" y="24">{escape(NAMES[label])}</text>')
        x += 34 + 7.2 * len(NAMES[label])
    for i, (row, title) in enumerate(shown):
        y = TOP + STEP * i + 8
        times = {label: milliseconds(row, label) for label in labels if row.median(label)}
        places = [place(value) for value in times.values()]
        parts.append(f'<text x="{LEFT - 14}" y="{y + 4}" text-anchor="end">{escape(title)}</text>'
                     f'<line class="way" x1="{min(places):.1f}" y1="{y}" x2="{max(places):.1f}" y2="{y}"/>')
        parts += [mark(label, place(times[label]), y) for label in reversed(labels) if label in times]
        gain = row.advantage(THEIRS)
        if gain:
            parts.append(f'<text class="gain" x="{WIDTH - RIGHT + 14}" y="{y + 4}">{gain:.1f} ×</text>')
    where = f"{facts['processor']}, {facts['cores']} cores, Linux {facts['kernel']}. Medians; logarithmic; less is better."
    parts.append(f'<text class="small" x="{LEFT}" y="{height - 16}">{escape(where)}</text></svg>\n')
    return "\n".join(parts)
