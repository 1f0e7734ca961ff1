"""The man pages against the program: parkgate.yaml(5) has every key of `parkgatectl schema` in the
subsection of its section, with its default, and no other; parkgatectl(1) has every command of
`parkgatectl --help` with its options, and no other."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAN = ROOT / "docs/man"
# subsections whose title is not the path in the schema
TITLES = {
    "a site file": "The file",
    "a register map, devices/NAME.yaml": "Register maps",
    "status": "devices.NAME.status",
    "calibration": "devices.NAME.calibration",
    "assets.NAME.bypass, assets.NAME.bypasses.NAME": "assets.NAME.bypass",
    "assets.NAME.voc.pressure-drop, absorbent-flow, absorbent-ph, system-pressure":
        "assets.NAME.voc.pressure-drop and its like",
    "a limit set, limits/NAME.yaml": "Limit sets",
    "a limit set, sets.ROW": "Limit sets: sets.ROW",
}
KEY = re.compile(r"  ([a-z0-9][a-z0-9-]*): (.*)")
MACRO = re.compile(r"\b(?:Op|Oo|Pq|Brq|No|Ns|Ar|Cm|Fl|Ic|Ql|Oc|Xc|Xo)\b")


def printed(ctl, *arguments):
    return subprocess.run([ctl, *arguments], check=True, capture_output=True, text=True).stdout


def schema_sections(text):
    """{title of the subsection: {key: its default or None}}"""
    sections, keys = {}, None
    for line in text.splitlines():
        match = KEY.match(line)
        if line and not line.startswith(" "):
            keys = sections.setdefault(TITLES.get(line, line), {})
        elif match:
            default = re.search(r"; (\S[^;]*) unless said$", match.group(2))
            keys[match.group(1)] = default.group(1) if default else None
    return sections


def manual_sections(text):
    """{title: (keys at the head of an item, all text)}"""
    sections = {}
    for part in re.split(r"^\.Ss ", text, flags=re.M)[1:]:
        title, _, body = part.partition("\n")
        body = re.split(r"^\.Sh ", body, flags=re.M)[0]
        heads = re.findall(r"^\.It Ic (.+)$", body, re.M)
        sections[title] = ([key.strip() for head in heads for key in head.split(" , ")], body)
    return sections


def spoken_default(default, body, key):
    """The default stands in the item of its key."""
    items = re.split(r"^\.It ", body, flags=re.M)
    item = next((item for item in items if re.match(rf"Ic (?:.* )?{re.escape(key)}(?: |$)", item, re.M)), "")
    if re.search(r"^As in ", item, re.M):
        return True
    return default.replace(" ", "") in re.sub(r"\s+", "", item)


def check_site_file(ctl):
    wanted = schema_sections(printed(ctl, "schema"))
    found = manual_sections((MAN / "parkgate.yaml.5").read_text())
    wrong, count = [], 0
    for title, keys in wanted.items():
        heads, body = found.get(title, ([], ""))
        count += len(keys)
        wrong += [f"{title}: '{key}' is missing" for key in keys if key not in heads]
        wrong += [f"{title}: there is no key '{key}'" for key in heads if key not in keys]
        wrong += [f"{title}: '{key}' stands twice" for key in set(heads) if heads.count(key) > 1]
        wrong += [f"{title}: '{key}' is {default} unless said" for key, default in keys.items()
                  if default and key in heads and not spoken_default(default, body, key)]
    wrong += [f"'{title}' is no section" for title in found if title not in wanted and found[title][0]]
    assert count > 150, f"only {count} keys were read"
    return wrong, count


def words_of(arguments):
    """Options of a usage line."""
    return set(re.findall(r"--[a-z][a-z-]*", arguments))


def options_taken(name):
    """Options a command's own source takes, beside those of the short usage line."""
    source = ROOT / f"ctl/{name}.c"
    text = source.read_text() if source.exists() else ""
    return {"--" + option for option in re.findall(r'\{"([a-z-]+)", (?:no|required)_arg', text)}


def usage_commands(text):
    commands = {}
    for match in re.finditer(r"^  ([a-z]+) +((?:[\[\]A-Za-z0-9.|+ -]|\n {20,})*)", text, re.M):
        commands[match.group(1)] = words_of(match.group(2))
    return commands


def manual_commands(text):
    """Of the synopsis: {command: options}; and the commands that the description explains."""
    synopsis = text.split(".Sh SYNOPSIS\n")[1].split(".Sh DESCRIPTION")[0]
    commands = {}
    for part in synopsis.split(".Nm\n")[1:]:
        name = re.match(r"\.Cm ([a-z]+)", part)
        if name:
            options = re.findall(r"Fl Fl ([a-z| -]+)", MACRO.sub(lambda m: m.group(), part))
            flat = " ".join(re.split(r" (?:Ar|No|Ns|Oc|Cm) ?", option)[0] for option in options)
            commands[name.group(1)] = {"--" + word for word in re.findall(r"[a-z][a-z-]*", flat)}
    explained = {head.split()[0] for head in re.findall(r"^\.It Cm (.+)$", text, re.M)}
    return commands, explained


def check_commands(ctl):
    wanted = usage_commands(printed(ctl, "--help"))
    found, explained = manual_commands((MAN / "parkgatectl.1").read_text())
    assert len(wanted) > 20, f"only {len(wanted)} commands were read"
    wrong = [f"parkgatectl.1: no synopsis of '{name}'" for name in wanted.keys() - found.keys()]
    wrong += [f"parkgatectl.1: '{name}' is not explained" for name in wanted.keys() - explained]
    wrong += [f"parkgatectl.1: there is no command '{name}'" for name in found.keys() - wanted.keys()]
    for name in wanted.keys() & found.keys():
        more = (options_taken(name) | {"--socket"}) - wanted[name]
        if found[name] - more != wanted[name] or options_taken(name) - found[name] - {"--socket"}:
            wrong.append(f"parkgatectl.1: {name}: {sorted(found[name])}, the program "
                         f"{sorted(wanted[name] | options_taken(name))}")
    return wrong, len(wanted)


def main():
    wrong, keys = check_site_file(sys.argv[1])
    others, commands = check_commands(sys.argv[1])
    for line in wrong + others:
        print(line)
    if wrong or others:
        sys.exit(1)
    print(f"{keys} keys, {commands} commands")


main()
