"""Folded stacks as a flame graph: an SVG in which a box is as wide as its call's share, callers below callees."""

import html
import zlib

WIDTH, ROW, MARGIN = 1200, 16, 8
SHARE_MIN = 0.004  # what is narrower than five pixels is nothing to read
LETTER = 6.6  # pixels


class Call:
    def __init__(self):
        self.count, self.callees = 0, {}

    def add(self, stack, count):
        self.count += count
        if stack:
            self.callees.setdefault(stack[0], Call()).add(stack[1:], count)


def colour(name, thread):
    # From the name, so that a function has one colour in all graphs; the kernel is grey.
    shade = zlib.crc32(name.encode()) % 40
    if thread:
        return f"hsl(210,35%,{60 + shade // 4}%)"
    if "::" in name or name[:1].isupper():
        return f"hsl({15 + shade},70%,{62 + shade // 5}%)"
    return f"hsl(40,6%,{70 + shade // 4}%)"


def depth(call, total):
    below = [depth(callee, total) for callee in call.callees.values() if callee.count >= SHARE_MIN * total]
    return 1 + max(below, default=0)


def boxes(call, left, level, total, height):
    for name, callee in sorted(call.callees.items()):
        width = callee.count / total * (WIDTH - 2 * MARGIN)
        if callee.count >= SHARE_MIN * total:
            y = height - MARGIN - ROW * (level + 1)
            label = name if len(name) * LETTER < width else name[:max(int(width / LETTER) - 1, 0)]
            text = f'<text x="{left + 2:.1f}" y="{y + 12}">{html.escape(label)}</text>' if len(label) > 2 else ""
            yield (f'<g><title>{html.escape(name)}: {callee.count / total:.1%}</title>'
                   f'<rect x="{left:.1f}" y="{y}" width="{max(width - 0.5, 0.5):.1f}" height="{ROW - 1}" '
                   f'fill="{colour(name, level == 0)}"/>{text}</g>')
            yield from boxes(callee, left, level + 1, total, height)
        left += width


def draw(counts, title):
    root = Call()
    for stack, count in counts.items():
        root.add(stack, count)
    height = ROW * depth(root, root.count) + 2 * MARGIN + ROW
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="monospace" font-size="11">',
             f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
             f'<text x="{MARGIN}" y="{MARGIN + 10}">{html.escape(title)}</text>',
             *boxes(root, MARGIN, 0, root.count, height), "</svg>"]
    return "\n".join(lines) + "\n"
