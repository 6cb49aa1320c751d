#!/usr/bin/env python3
"""Checks the first sentence of the documentation of each public item, in the output of `cargo doc`.

`rustc` checks that each item is documented (`missing_docs`). This checks that the first sentence
is a noun phrase or begins with a verb: not with "What", "How" or "Those".
"""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path

FORBIDDEN = {"What", "How", "Those", "That", "Whoever"}
# Pages without documentation of this project's items.
SKIPPED = {"all.html", "sidebar-items.js"}


class Blocks(HTMLParser):
    """Collects the text at the beginning of each documentation block."""

    def __init__(self):
        super().__init__()
        self.depth = 0
        self.blocks = []

    def handle_starttag(self, tag, attributes):
        if self.depth:
            self.depth += tag == "div"
        elif tag == "div" and "docblock" in dict(attributes).get("class", "").split():
            self.depth = 1
            self.blocks.append("")

    def handle_endtag(self, tag):
        if self.depth and tag == "div":
            self.depth -= 1

    def handle_data(self, data):
        if self.depth and len(self.blocks[-1]) < 80:
            self.blocks[-1] += data


def main():
    root = Path(sys.argv[1]) / "up42"
    wrong, count = [], 0
    for page in sorted(root.rglob("*.html")):
        if page.name in SKIPPED:
            continue
        parser = Blocks()
        parser.feed(page.read_text())
        for text in parser.blocks:
            count += 1
            words = re.findall(r"[\w'’]+", text)
            if words and words[0] in FORBIDDEN:
                wrong.append(f"{page.relative_to(root)}: {text[:70].strip()}")
    if count < 1000:
        sys.exit(f"only {count} documented items in `{root}`: run `cargo doc --workspace --no-deps`")
    if wrong:
        sys.exit("documentation that begins with one of " + ", ".join(sorted(FORBIDDEN)) + ":\n" + "\n".join(wrong))
    print(f"{count} documented items")


if __name__ == "__main__":
    main()
