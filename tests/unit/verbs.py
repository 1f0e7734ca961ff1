"""The table of verbs (daemon/command/verbs.c): every JSON Schema that `help` gives is one, takes what the
daemon takes, and docs/commands.md has a row for each verb with its role and its members."""

import json
import re
import subprocess
import sys
from pathlib import Path

from jsonschema import Draft202012Validator

ROOT = Path(__file__).resolve().parents[2]
ROLES = ("observer", "operator", "engineer", "administrator")


def documented():
    rows = {}
    for line in (ROOT / "docs/commands.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == 4 and cells[1] in ROLES:
            name = cells[0].strip("`")
            assert name not in rows, f"{name} stands twice in docs/commands.md"
            rows[name] = (cells[1], set(re.findall(r"`([a-z_]+)`", cells[2])))
    return rows


def check_schema(name, verb):
    schema = verb["schema"]
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    for body in (verb["least"], verb["greatest"]):
        validator.validate(body)
        assert list(validator.iter_errors({**body, "no_such_member": 1})), f"{name} takes anything"
        for member in schema["required"]:
            short = {key: value for key, value in body.items() if key != member}
            assert list(validator.iter_errors(short)), f"{name} without {member}"
        for member in body:
            assert list(validator.iter_errors({**body, member: None})), f"{name} with {member}: null"
    validator.validate({**verb["least"], "id": "a", "v": 1})


def main():
    out = subprocess.run([sys.argv[1], "schemas"], check=True, capture_output=True, text=True).stdout
    verbs = json.loads(out)
    assert len(verbs) >= 17
    rows = documented()
    for name, verb in verbs.items():
        check_schema(name, verb)
        assert name in rows, f"{name} has no row in docs/commands.md"
        role, members = rows[name]
        assert role == verb["role"], f"{name}: {role} in docs/commands.md, {verb['role']} in verbs.c"
        known = set(verb["schema"]["properties"]) - {"v", "id"}
        assert members == known, f"{name}: members {members ^ known} differ in docs/commands.md"
    unknown = set(rows) - set(verbs)
    assert not unknown, f"docs/commands.md has verbs that are not there: {unknown}"
    print(f"{len(verbs)} verbs")


if __name__ == "__main__":
    main()
