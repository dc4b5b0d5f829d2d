"""A planned diagram as SVG, written by hand, and as PNG, drawn with Pillow."""

import io
import math
from html import escape

from chainrule.models.diagram_layout import LINE, PADDING, Plan

FONT, HEAD = 12, 6.0
INK, LINE_INK, PAPER, FILL = "#1a1a1a", "#555555", "#ffffff", "#eef3f8"


def svg(plan: Plan) -> str:
    """The diagram as SVG."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{plan.width:.0f}" height="{plan.height:.0f}" '
        f'viewBox="0 0 {plan.width:.1f} {plan.height:.1f}" font-family="DejaVu Sans, Helvetica, sans-serif" '
        f'font-size="{FONT}">'
    )
    parts = [
        head,
        f'<rect width="100%" height="100%" fill="{PAPER}"/>',
    ]
    for way in plan.arrows:
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in way)
        tip = " ".join(f"{x:.1f},{y:.1f}" for x, y in arrowhead(way))
        parts.append(
            f'<polyline points="{line}" fill="none" stroke="{LINE_INK}"/><polygon points="{tip}" fill="{LINE_INK}"/>'
        )
    for box in plan.boxes:
        left, top = box.x - box.width / 2, box.y - box.height / 2
        parts.append(
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" rx="4" '
            f'fill="{FILL}" stroke="{LINE_INK}"/>'
        )
        for k, line in enumerate(box.text):
            bold = ' font-weight="bold"' if k == 0 else ""
            y = top + PADDING + LINE * k + FONT - 2
            parts.append(
                f'<text x="{box.x:.1f}" y="{y:.1f}" text-anchor="middle" fill="{INK}"{bold}>{escape(line)}</text>'
            )
    return "\n".join([*parts, "</svg>"]) + "\n"


def png(plan: Plan, scale: float) -> bytes:
    """The diagram as PNG. scale: pixels for a unit of the plan."""
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("RGB", (math.ceil(plan.width * scale), math.ceil(plan.height * scale)), PAPER)
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(FONT * scale)
    thick = max(1, round(scale))
    for way in plan.arrows:
        draw.line([(x * scale, y * scale) for x, y in way], fill=LINE_INK, width=thick)
        draw.polygon([(x * scale, y * scale) for x, y in arrowhead(way)], fill=LINE_INK)
    for box in plan.boxes:
        left, top = box.x - box.width / 2, box.y - box.height / 2
        corners = [left * scale, top * scale, (left + box.width) * scale, (top + box.height) * scale]
        draw.rounded_rectangle(corners, 4 * scale, fill=FILL, outline=LINE_INK, width=thick)
        for k, line in enumerate(box.text):
            y = top + PADDING + LINE * k + FONT - 2
            draw.text((box.x * scale, y * scale), line, fill=INK, font=font, anchor="ms")
    written = io.BytesIO()
    picture.save(written, "PNG", dpi=(96 * scale, 96 * scale))
    return written.getvalue()


def arrowhead(way: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The three corners of an arrow's head, at the end of its way."""
    x, y = way[-1]
    x0, y0 = next((corner for corner in reversed(way) if corner != (x, y)), (x, y - 1))
    length = math.hypot(x - x0, y - y0) or 1.0
    dx, dy = (x - x0) / length * HEAD, (y - y0) / length * HEAD
    return [(x, y), (x - dx - dy / 2, y - dy + dx / 2), (x - dx + dy / 2, y - dy - dx / 2)]
