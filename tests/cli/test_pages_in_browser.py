"""The pages that charnn writes, in a real browser: narrow and wide, light and dark, from the left and the right."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.browser import Browser, browser
from tests.cli.conftest import Charnn

WIDTHS = (360, 1280)
# What would run if a text became markup, something that cannot be broken, and a line of the other direction.
ENGLISH = f'she <script>alert(1)</script> "sells & {"s" * 70}" (سلام)\n\nShe <b>sells</b>.\n' * 12
PERSIAN = "«به نام خداوندِ جان و خرد»\nکز این برتر، اندیشه، بر نگذرد (می‌رود) hello\n\n" * 15


@pytest.fixture(scope="module")
def window() -> Iterator[Browser]:
    with browser() as found:
        yield found


@pytest.fixture(params=[ENGLISH, PERSIAN], ids=["from the left", "from the right"])
def text(request: pytest.FixtureRequest, charnn: Charnn) -> str:
    """A text, of which there is a run."""
    found: str = request.param
    Path("text.txt").write_text(found, encoding="utf-8")
    done = charnn(
        "train", "-c", "hello", "-s", "corpus={source: text.txt}", "-s", "model={cell: lstm, hidden: 24}",
        "-s", "bptt={strategy: truncated, tau: 16}", "-s", "clip.threshold=0.1",
        "-s", "optimizer={name: adam, learning_rate: 0.03}",
        "-s", "train={steps: 60, lanes: 4, report_every: 5, validate_every: 20, sample_at: [0, 20, 60]}", "--baseline",
    )  # fmt: skip
    assert done.code == 0, done.err
    return found


def test_a_report(window: Browser, charnn: Charnn, text: str) -> None:
    page = Path(charnn("report").text.strip())
    for width in WIDTHS:
        for dark in (False, True):
            window.open(page, width, dark=dark)
            check_page(window, dark=dark)
            assert len(window.ask(PICTURES)) == 5
            assert all(min(size) > 80 for size in window.ask(PICTURES))
    check_direction(window, from_the_right=text == PERSIAN)


def test_a_text_in_colours(window: Browser, charnn: Charnn, text: str) -> None:
    done = charnn(
        "inspect", "units", "--text", "text.txt", "--unit", "3", "--top", "5", "--length", "150", "--html", "page.html"
    )
    assert done.code == 0, done.err
    for width in WIDTHS:
        for dark in (False, True):
            window.open(Path("page.html"), width, dark=dark)
            window.ask("document.querySelector('details').open = true")
            check_page(window, dark=dark)
    check_direction(window, from_the_right=text == PERSIAN)


def check_page(window: Browser, *, dark: bool) -> None:
    """What every page must be."""
    assert window.messages() == []
    assert window.ask("return performance.getEntriesByType('resource').map(one => one.name)") == []
    assert window.ask("return document.querySelectorAll('script').length") == 0
    assert window.ask(
        "const root = document.documentElement; return root.scrollWidth <= root.clientWidth && root.clientWidth > 300"
    )
    assert window.ask(STICKING_OUT) == []
    assert window.ask("return [...document.images].filter(image => !image.naturalWidth).length") == 0
    levels = window.ask("return [...document.querySelectorAll('h1,h2,h3,h4')].map(one => +one.tagName[1])")
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert window.ask("return [...document.querySelectorAll('table')].every(one => one.querySelector('th[scope=col]'))")
    assert window.ask("return [...document.querySelectorAll('svg[role]')].every(one => one.ariaLabel.length > 20)")
    assert window.ask("return getComputedStyle(document.body).backgroundColor") == (
        "rgb(21, 23, 27)" if dark else "rgb(255, 255, 255)"
    )
    assert window.ask(HARD_TO_READ) == []


def check_direction(window: Browser, *, from_the_right: bool) -> None:
    """Lines run from their own side, and colours leave the letters joined: apart they are much wider."""
    assert window.ask(DIRECTION) == ("right" if from_the_right else "left")
    for coloured, plain in window.ask(LINE_WIDTHS):
        assert coloured == pytest.approx(plain, rel=0.01)


PICTURES = """
return [...document.querySelectorAll('svg[role]')].map(one => {
  const drawn = one.getBBox(), shown = one.getBoundingClientRect();
  return [drawn.width, drawn.height, shown.width, shown.height];
});
"""

STICKING_OUT = """
const width = document.documentElement.clientWidth;
return [...document.querySelectorAll('main *')].filter(one => {
  const box = one.getBoundingClientRect();
  return (box.right > width + 1 || box.left < -1) && !one.parentElement.closest('.scrolls');
}).map(one => one.outerHTML.slice(0, 80));
"""

# Every text's contrast to what lies behind it; WCAG 2.1 asks for 4.5.
HARD_TO_READ = """
const parse = text => {
  const [red, green, blue, alpha] = text.match(/[\\d.]+/g).map(Number);
  return [red, green, blue, alpha ?? 1];
};
const light = colour => colour.slice(0, 3).map(part => part / 255)
  .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
  .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
const behind = one => {
  const layers = [];
  for (; one; one = one.parentElement) layers.unshift(parse(getComputedStyle(one).backgroundColor));
  return layers.reduce((below, above) => below.map((part, place) => part + (above[place] - part) * above[3]));
};
const found = [];
for (const one of document.querySelectorAll('body *')) {
  if (![...one.childNodes].some(child => child.nodeType === 3 && child.data.trim())) continue;
  const style = getComputedStyle(one);
  const ink = light(parse(one.closest('svg') ? style.fill : style.color)), paper = light(behind(one));
  const contrast = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
  if (contrast < 4.5) found.push([one.outerHTML.slice(0, 80), contrast]);
}
return found;
"""

# The side of its box that the first line of the last coloured text begins at.
DIRECTION = """
const text = [...document.querySelectorAll('pre.text')].at(-1);
const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT), range = document.createRange();
let node = walker.nextNode();
while (!node.data.trim() || node.data.startsWith('↵')) node = walker.nextNode();
range.setStart(node, 0); range.setEnd(node, 1);
const letter = range.getBoundingClientRect(), box = text.getBoundingClientRect();
return letter.left - box.left < box.right - letter.right ? 'left' : 'right';
"""

# How wide the first lines of each text are, and how wide without any markup within.
LINE_WIDTHS = """
const widths = text => {
  const line = text.textContent.indexOf('\\n'), range = document.createRange();
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  let before = 0, node;
  range.setStart(text, 0);
  while ((node = walker.nextNode()) && before + node.data.length < line) before += node.data.length;
  range.setEnd(node, line - before);
  const boxes = [...range.getClientRects()].filter(box => box.width);
  return Math.max(...boxes.map(box => box.right)) - Math.min(...boxes.map(box => box.left));
};
return [...document.querySelectorAll('pre.text')].filter(text => text.textContent.includes('\\n')).map(text => {
  const plain = text.cloneNode();
  plain.textContent = text.textContent;
  text.after(plain);
  const found = [widths(text), widths(plain)];
  plain.remove();
  return found;
});
"""
