#!/usr/bin/python3
"""Files over the socket of the running daemon: a bus recorded and shown again, fetched in two halves;
diagnostics that hold what helps and no secret; the log's newest lines."""
import base64
import hashlib
import json
import os
import sys

import zstandard

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
from lab.broker import Broker  # noqa: E402
from lab.case import check, run_case  # noqa: E402
from lab.commands import Commands  # noqa: E402
from lab.gateway import Gateway  # noqa: E402
from lab.processes import wait_for  # noqa: E402
from lab.slave import Slave  # noqa: E402

SITE = """
gateway: {{park: test, name: files}}
buses:
  line-1: {{tcp: "127.0.0.1:{slave}"}}
devices:
  plc: {{bus: line-1, unit: 1, every: 200ms, points: {{level: {{holding: 0}}, flow: {{holding: 7}}}}}}
destinations:
  centre: {{mqtt: "tcp://127.0.0.1:{broker}", user: gw, password: "{password}"}}
store: {{commit-every: 200ms}}
"""
SECRETS = {"mqtt.password": "Geheim-0815-Parole", "centre.key": "-----BEGIN PRIVATE KEY-----\nTm9ib2R5U2Vlc1RoaXM\n"}


def fetch(commands, name, **members):
    """(bytes, what the last part says)"""
    parts = [answer["answer"] for answer in commands.parts("fetch", name=name, **members)]
    at = members.get("offset", 0)
    for part in parts:
        check(part["offset"] == at, f"part at {part['offset']}, not {at}")
        at += len(base64.b64decode(part["base64"]))
    return b"".join(base64.b64decode(part["base64"]) for part in parts), parts[-1]


def recorded(lab, gateway, commands):
    answers = commands.parts("record", bus="line-1", for_s=3)
    check([answer["result"] for answer in answers] == ["accepted", "done"], str(answers))
    made = answers[1]["answer"]
    check(made["name"] == answers[0]["answer"]["name"] and made["name"].endswith("-line-1.jsonl"), str(made))
    check(made["frames"] >= 20 and made["lost"] == 0 and not made["full"], f"3 s of 200 ms: {made}")
    listed = commands.done("files")["files"]
    check([file["name"] for file in listed] == [made["name"]] and "on this machine" in listed[0]["who"], str(listed))

    half = made["bytes"] // 2
    first, told = fetch(commands, made["name"], most=half)
    check(len(first) == half, f"{len(first)} of {half} bytes")
    second, _ = fetch(commands, made["name"], offset=half)
    text = first + second
    check(hashlib.sha256(text).hexdigest() == made["sha256"] == told["sha256"], "the SHA-256 fits")
    check(fetch(commands, made["name"], offset=made["bytes"])[0] == b"", "nothing behind the end")
    commands.refused("behind the file", "fetch", name=made["name"], offset=made["bytes"] + 1)

    lines = [json.loads(line) for line in text.splitlines()]
    check(lines[0]["bus"] == "line-1" and lines[0]["v"] == 1, str(lines[0]))
    check(len(lines) == 1 + made["frames"] and lines[1].keys() == {"t", "mono_ns", "sent", "hex", "result"}, "lines")
    path = lab.path("recording.jsonl")
    with open(path, "wb") as file:
        file.write(text)
    shown = gateway.ctl("monitor", "--file", path)
    check(shown.returncode == 0, shown.stderr)
    check(len(shown.stdout.splitlines()) == made["frames"], "a line a frame")
    check("read holding" in shown.stdout and "?" not in shown.stdout.splitlines()[0], shown.stdout[:300])


def refused(gateway, commands):
    before = os.listdir(os.path.join(gateway.state, "files"))
    commands.refused("no bus 'line-9'", "record", bus="line-9")
    commands.refused("no name of a bus", "record", bus="../../etc")
    check(os.listdir(os.path.join(gateway.state, "files")) == before, "no file of it stays")
    for name in ("nonces", "../nonces", "../../mqtt.password", ".", before[0] + ".part"):
        commands.refused("no such file", "fetch", name=name)


def serial(lab, gateway):
    """A serial request for the registers 0 and 1 is none of TCP, though its bytes look like it."""
    path = lab.path("serial.jsonl")
    with open(path, "w") as file:
        file.write('{"recording":"modbus","v":1,"bus":"b"}\n'
                   '{"t":0,"mono_ns":1000000,"sent":true,"hex":"010300000002c40b","result":"ok"}\n'
                   '{"t":9,"mono_ns":9500000,"sent":false,"hex":"018302c0f1","result":"exception"}\n')
    shown = gateway.ctl("monitor", "--file", path)
    first, second = shown.stdout.splitlines()
    check("read holding" in first and "unit 1" in first, first)
    check("8.5 ms" in second and "illegal data address" in second, second)
    with open(path, "a") as file:
        file.write('{"t":1,\n')
    shown = gateway.ctl("monitor", "--file", path)
    check(shown.returncode == 1 and "serial.jsonl:4:" in shown.stderr, shown.stderr)


def by_hand(lab, gateway, commands):
    """parkgatectl command without a broker asks this machine's daemon."""
    def ask(*words, code=0, options=()):
        done = gateway.ctl("command", "--socket", os.path.join(gateway.state, "control.sock"), *options, *words)
        check(done.returncode == code, f"{words}: {done.returncode}: {done.stderr}")
        return done
    check(list(json.loads(ask("help", "verb=fetch").stdout)) == ["fetch"], "help of one verb")
    name = commands.done("files")["files"][0]["name"]
    copy = lab.path("copy")
    ask("fetch", f"name={name}", options=["--output", copy])
    with open(copy, "rb") as file:
        check(file.read() == fetch(commands, name)[0], "fetched by the tool")
    check("unknown member" in ask("key", '{"a": 1}', code=1).stderr, "refused")
    check("column 7" in ask("key", '{"a": }', code=2).stderr, "no JSON")
    check("not NAME=VALUE" in ask("key", "a", code=2).stderr, "no member")
    check("No such file" in ask("key", "a=@/nowhere", code=2).stderr, "no file")


def diagnosed(gateway, commands):
    first, second = commands.done("diagnostics"), commands.done("diagnostics")
    check(first["name"] != second["name"], "two within a second are two files")
    packed, _ = fetch(commands, second["name"])
    check(hashlib.sha256(packed).hexdigest() == second["sha256"], "the SHA-256 fits")
    text = zstandard.ZstdDecompressor().decompressobj().decompress(packed).decode()
    parts = [json.loads(line) for line in text.splitlines()]
    kinds = {part["part"] for part in parts}
    check({"gateway", "site", "page", "log", "status", "memory"} <= kinds, f"parts: {kinds}")
    site = next(part for part in parts if part["part"] == "site")
    with open(gateway.file) as file:
        check(site["text"] == file.read(), "the site file as it is")
    check(any("plc" in json.dumps(part["page"]) for part in parts if part["part"] == "page"), "pages")
    check(any("reading 1 devices" in part["text"] for part in parts if part["part"] == "log"), "the log")
    for name, secret in SECRETS.items():
        check(secret.split("\n")[-2 if "\n" in secret else 0] not in text, f"the bundle has {name}")
    with open(os.path.join(gateway.state, "key.pem")) as file:
        check(file.read().splitlines()[1] not in text, "the bundle has the key that signs records")


def logged(gateway, commands):
    with open(gateway.file) as file:
        text = file.read()
    gateway.write(text.replace("every: 200ms", "every: soon"))
    commands.refused("yaml:", "reload", by="Li Na", reason="test")
    gateway.write(text.replace("every: 200ms", "every: 300ms"))
    other = Commands(gateway)
    other.socket.sendall(b'{"verb":"record","bus":"line-1","for_s":600}\n')
    accepted = json.loads(other.file.readline())
    check(accepted["result"] == "accepted", str(accepted))
    commands.refused("a recording is under way", "record", bus="line-1")
    commands.done("reload", by="Li Na", reason="test")
    ended = json.loads(other.file.readline())
    check(ended["result"] == "done" and ended["answer"].get("ended"), f"a reload ends a recording: {ended}")
    other.close()
    answers = commands.parts("log", lines=1024)
    lines = [line for answer in answers for line in answer["answer"]["lines"]]
    check(any("reading 1 devices" in line["text"] for line in lines), str(lines[-5:]))
    check([line["t"] for line in lines] == sorted(line["t"] for line in lines), "in their order")
    newest = commands.done("log", lines=2)["lines"]
    check(newest == lines[-2:], f"the newest two: {newest}")
    bad = [line for line in lines if line["level"] in ("error", "warning")]
    check(bad and commands.done("log", level="warning", lines=1)["lines"] == bad[-1:],
          "the newest warning, however many lines of less weight came behind it")
    check(all(line["level"] == "error" for line in commands.done("log", level="error")["lines"]), "errors only")
    commands.refused("'level'", "log", level="loud")


def case(lab):
    slave, broker = Slave(lab, {"holding": {0: [5], 7: [6]}}), Broker(lab)
    for name, secret in SECRETS.items():
        with open(lab.path(name), "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(secret)
    site = SITE.format(slave=slave.port, broker=broker.port, password=lab.path("mqtt.password"))
    gateway = Gateway(lab, site, environment={"CREDENTIALS_DIRECTORY": lab.directory}).start()
    commands = Commands(gateway)
    gateway.wait_log("reading 1 devices")
    wait_for(lambda: os.path.exists(os.path.join(gateway.state, "key.pem")), 10, "the key")
    recorded(lab, gateway, commands)
    refused(gateway, commands)
    serial(lab, gateway)
    by_hand(lab, gateway, commands)
    diagnosed(gateway, commands)
    logged(gateway, commands)
    commands.close()
    gateway.stop()
    modes = {os.stat(os.path.join(gateway.state, "files", name)).st_mode & 0o777
             for name in os.listdir(os.path.join(gateway.state, "files"))}
    check(modes == {0o600}, f"modes {modes}")


run_case(case)
