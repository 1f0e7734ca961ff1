#!/usr/bin/python3
"""Limit sets against the facts they were written from.

    limits_check.py [--facts standards.md] FILE.yaml ...

Every line of a set that holds a number of a standard names the line of the facts list it stands in:
`# standards.md:625`, several with commas, or with the words that must stand there:
`# standards.md:649 "coal 10/35/50"` (of A/B/C pm takes the first, so2 the second, nox the third).
Behind a confidence stands the mark of the facts list: `# standards.md:625 [C, M-hi]`.

Without --facts only the form is checked: no number without a line, no confidence without one. With
it, that the number, the words and the mark are there."""

import argparse
import re
import sys

DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
ORDER = ("pm", "so2", "nox")
HIGH, MEDIUM, LOW = ("D", "M-hi", "hi"), ("S", "C", "M-med", "med", "found"), ("M-lo", "I")
REGISTER = range(900, 913)  # section 11, low whatever the mark


def cited(comment):
    """[(line, words or None, mark or None)] of a comment"""
    found = []
    at = comment.find("standards.md:")
    if at < 0:
        return found
    rest = comment[at:]
    for match in re.finditer(r'(?:standards\.md:|,\s*)(\d+)(?:\s+"([^"]*)")?'
                             r"(?:\s+[\[(]([^\])]*)[\])])?", rest):
        found.append((int(match[1]), match[2], match[3]))
    return found


def numbers_of(text):
    """Numbers of a standard in a line of YAML, as they are written"""
    text = re.sub(r"\b(GB/T|GB|HJ|DB\w*/?|notice of)\s*[\d./]*(-\d{4})?", "", text)
    text = re.sub(r"\b(table|class|grade|row) \d\w?", "", text)
    dates = DATE.findall(text)
    text = DATE.sub("", text)
    text = re.sub(r"\b[A-Za-z][\w-]*", " ", text)  # words and units, mg/m3
    return dates, re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])", text)


def level(mark):
    best = None
    for part in re.split(r"[,/;]\s*", mark):
        for rank, marks in enumerate((HIGH, MEDIUM, LOW)):
            if part.strip() in marks and (best is None or rank < best):
                best = rank
    return ("high", "medium", "low")[best] if best is not None else None


class File:
    def __init__(self, path, facts):
        self.path, self.facts, self.wrong, self.checked = path, facts, 0, 0

    def complain(self, number, sentence):
        print(f"{self.path}:{number}: {sentence}")
        self.wrong += 1

    def there(self, line, words, number):
        """Does the number stand in that line of the facts?"""
        fact = self.facts[line - 1] if line <= len(self.facts) else ""
        where = fact if words is None else words
        if words is not None and words not in fact:
            return False
        return re.search(rf"(?<!\d)(?<!\d\.){re.escape(number)}(?!\d|\.\d)", where) is not None

    def by_order(self, key, words, number):
        """pm takes the first of A/B/C, ..."""
        triple = re.search(r"(\d+)/(\d+)/(?:\d+\.\.)?(\d+)", words or "")
        if not triple or key not in ORDER:
            return True
        value = triple[ORDER.index(key) + 1]
        return value == number or (key == "nox" and ".." in words and number in words)

    def confidence(self, at, text, cites):
        said = re.search(r"confidence: (\w+)", text)[1]
        if not cites:
            if "{" not in text and "online" not in text and at not in self.nested:
                self.complain(at, "a confidence without the line it is from")
            return
        line, _, mark = cites[-1]
        if not self.facts:
            return
        self.checked += 1
        if line in REGISTER:
            if said != "low":
                self.complain(at, f"line {line} is of the low-confidence register")
        elif mark and mark not in self.facts[line - 1] and not all(
                part.strip() in self.facts[line - 1] for part in mark.split(",")):
            self.complain(at, f"the mark '{mark}' does not stand in line {line}")
        elif mark and level(mark) != said:
            self.complain(at, f"the mark '{mark}' means {level(mark)}")

    def line(self, at, raw):
        text, _, comment = raw.partition(" #")
        if raw.lstrip().startswith("#") or not text.strip():
            return
        cites = cited(comment)
        if "confidence:" in text:
            self.confidence(at, text, cites)
        key = text.strip().lstrip("- ").split(":")[0]
        if key in ("limits-set", "source", "title", "confidence") and not cites:
            return
        dates, numbers = numbers_of(re.sub(r"^\s*-?\s*[\w-]+:", "", text) if "{" not in text
                                    else text.split(":", 1)[1])
        if key in ("limits-set", "source", "title", "confidence"):
            return
        if (dates or numbers) and not cites:
            self.complain(at, f"{(dates + numbers)[0]} without the line it is from")
        if not self.facts:
            return
        for number in dates + numbers:
            self.checked += 1
            if cites and not any(self.there(line, words, number) for line, words, _ in cites):
                self.complain(at, f"{number} does not stand in line {cites[0][0]}")
            if cites and not all(self.by_order(key, words, number) for _, words, _ in cites):
                self.complain(at, f"{number} is not the one for {key}")

    def check(self):
        lines = open(self.path, encoding="utf-8").read().split("\n")
        self.nested = {i for i, raw in enumerate(lines, 1)
                       if raw.startswith("        ") and "confidence" in raw}
        for at, raw in enumerate(lines, 1):
            self.line(at, raw)
        return self.wrong


def main():
    options = argparse.ArgumentParser(description="Limit sets against the facts list.")
    options.add_argument("--facts", help="standards.md; without it only the form is checked")
    options.add_argument("files", nargs="+", metavar="FILE.yaml")
    given = options.parse_args()
    facts = open(given.facts, encoding="utf-8").read().split("\n") if given.facts else []
    files = [File(path, facts) for path in given.files]
    wrong = sum(file.check() for file in files)
    print(f"{len(files)} sets, {sum(file.checked for file in files)} numbers, {wrong} wrong")
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main())
