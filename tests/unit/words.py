"""The words of event kinds: docs/event-kinds.md and config/words.c say the same, and every kind that the
code can raise has its words."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KIND = re.compile(r'"((?:[a-z0-9]+)(?:[.-][a-z0-9]+)*)"')
RAISED = re.compile(r'(?:finding_init\([^;]*?|\.kind = |KINDS?\[[^\]]*\] = \{)[^;]*?;', re.S)
# a rule of the site names its own kind; these are not events
NO_EVENTS = {"rule.name"}


def documented():
    rows = {}
    for line in (ROOT / "docs/event-kinds.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == 5 and re.fullmatch(r"[a-z][a-z0-9.-]*", cells[0]) and cells[0] != "kind":
            assert cells[0] not in rows, f"{cells[0]} stands twice in docs/event-kinds.md"
            rows[cells[0]] = (cells[1], cells[2])
    return rows


def built(ctl):
    out = subprocess.run([ctl, "schema", "words"], check=True, capture_output=True, text=True).stdout
    return {kind: (zh, en) for kind, zh, en in (line.split("\t") for line in out.splitlines())}


def dotted_kinds_in(path):
    """Texts with a dot that stand where a kind stands: in finding_init, .kind = and tables of kinds."""
    text = path.read_text()
    found = set()
    for match in RAISED.finditer(text):
        found |= {kind for kind in KIND.findall(match.group()) if "." in kind}
    return found


def main():
    words, rows = built(sys.argv[1]), documented()
    assert len(rows) > 40, "the table was not read"
    for kind in sorted(rows.keys() | words.keys()):
        assert words.get(kind) == rows.get(kind), f"{kind}: {words.get(kind)} is not {rows.get(kind)}"
    raised = set()
    for path in sorted((ROOT / "daemon").rglob("*.c")):
        raised |= dotted_kinds_in(path)
    assert len(raised) > 20, f"too few kinds were found in the code: {sorted(raised)}"
    missing = raised - words.keys() - NO_EVENTS
    assert not missing, f"kinds without words: {sorted(missing)}"
    for kind, (zh, _) in words.items():
        assert "违法" not in zh, f"{kind} speaks of unlawfulness"
    print(f"{len(words)} kinds, {len(raised)} of them found in the code")


main()
