#!/usr/bin/env python3
"""Draws what a command printed as a picture of a terminal: holm demo | tools/draw_demo.py > docs/images/demo.svg

Reads text, writes SVG. The picture in README.md is redrawn with it whenever the demo tells another story.
"""
import sys
import textwrap
from xml.sax.saxutils import escape

COLUMNS = 112
LINE, GLYPH, SIZE = 19, 7.8, 13  # pixels: height of a line, width of a character, of the font
PAD, BAR = 20, 34
MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
BACK, FRAME, TEXT, DIM = "#14181f", "#1e242e", "#d5dae2", "#7d8796"
HEADING, QUOTE, VERDICT = "#8fc7ff", "#e8c47c", "#9bd88a"


def wrapped(line):
    """The line in pieces that fit, the later ones indented as the first."""
    indent = line[: len(line) - len(line.lstrip(" "))]
    if line.lstrip().startswith("| "):
        indent += "| "
    return textwrap.wrap(line, COLUMNS, subsequent_indent=indent, drop_whitespace=True) or [""]


def style(line):
    """Attributes of one line of the story."""
    if line.startswith("$ "):
        return f'fill="{DIM}"'
    if line[:1].isdigit():
        return f'fill="{HEADING}" font-weight="bold"'
    if line.startswith("All "):
        return f'fill="{VERDICT}" font-weight="bold"'
    if line.lstrip().startswith(("| ", "[")):
        return f'fill="{QUOTE}"'
    return f'fill="{TEXT}"'


def draw(lines):
    rows = [(piece, style(line)) for line in lines for piece in wrapped(line)]
    width = round(2 * PAD + COLUMNS * GLYPH)
    height = BAR + 2 * PAD + LINE * len(rows)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-label="The output of holm demo in a terminal">',
        f'<rect width="{width}" height="{height}" rx="10" fill="{BACK}"/>',
        f'<path d="M0 {BAR}V10A10 10 0 0 1 10 0H{width - 10}A10 10 0 0 1 {width} 10V{BAR}Z" '
        f'fill="{FRAME}"/>',
    ]
    for i in range(3):
        out.append(f'<circle cx="{PAD + 18 * i}" cy="{BAR / 2:g}" r="5" fill="{DIM}"/>')
    out.append(f'<g font-family="{MONO}" font-size="{SIZE}" xml:space="preserve">')
    for i, (piece, attributes) in enumerate(rows):
        if piece:
            y = BAR + PAD + LINE * i + SIZE
            out.append(f'<text x="{PAD}" y="{y}" {attributes}>{escape(piece)}</text>')
    out += ["</g>", "</svg>"]
    return "\n".join(out) + "\n"


if __name__ == "__main__":
    sys.stdout.write(draw(["$ holm demo", ""] + sys.stdin.read().rstrip("\n").split("\n")))
