#!/usr/bin/python3
"""parkgatectl command from an engineer's laptop: keys, roles, a broker with passwords and topic rights, many
gateways at once, history in parts, a file whose broker goes away in the middle."""
import hashlib
import json
import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
from lab.broker import Broker  # noqa: E402
from lab.case import check, run_case  # noqa: E402
from lab.commands import Commands  # noqa: E402
from lab.gateway import Gateway  # noqa: E402
from lab.processes import program, read, run, wait_for  # noqa: E402
from lab.slave import Slave  # noqa: E402

SITE = """
gateway: {{park: test, name: {name}{commands}}}
people:
  li-wei: {{key: {engineer}, role: engineer}}
  chen-jing: {{key: {observer}, role: observer}}
buses:
  line: {{tcp: "127.0.0.1:{slave}"}}
devices:
  plc: {{bus: line, unit: 1, every: 20ms, points: {{level: {{holding: 9000, scale: 0.1}}}}}}
assets:
  tank: {{kind: generic, from: [plc]}}
destinations:
  centre: {{mqtt: "tcp://127.0.0.1:{broker}", user: gateways, password: "{password}"}}
store: {{commit-every: 200ms}}
"""
RIGHTS = """user gateways
topic write parkgate/v1/test/#
topic read parkgate/v1/test/+/command/#
topic read parkgate/v1/test/+/ack/#
topic read parkgate/v1/test/+/status

user engineers
topic read parkgate/v1/test/+/status
topic read parkgate/v1/test/+/reply/#
topic write parkgate/v1/test/+/command/#
"""
PASSWORDS = {"gateways": "gw-pass", "engineers": "laptop-pass"}


class Scene:
    def __init__(self, lab):
        self.lab = lab
        self.broker = self.make_broker()
        self.slave = Slave(lab, {})  # register 9000 counts
        self.engineer, self.observer = self.new_key("li-wei"), self.new_key("chen-jing")
        self.gateways = [self.make_gateway(name) for name in ("east", "west")]

    def make_broker(self):
        """The lab's, with users, passwords and topic rights."""
        broker = Broker(self.lab)
        broker.stop()
        users = self.lab.path("users")
        for number, (user, word) in enumerate(PASSWORDS.items()):
            subprocess.run(["mosquitto_passwd", "-b", *(["-c"] if number == 0 else []), users, user, word], check=True)
            with open(self.lab.path(user + ".password"), "w", opener=private) as file:
                file.write(word)
        with open(self.lab.path("rights"), "w") as file:
            file.write(RIGHTS)
        with open(broker.configuration) as file:
            text = file.read().replace("allow_anonymous true", "allow_anonymous false")
        with open(broker.configuration, "w") as file:
            file.write(f"{text}password_file {users}\nacl_file {self.lab.path('rights')}\n")
        broker.start()
        return broker

    def new_key(self, name):
        made = run([program("parkgatectl"), "key", "new", self.lab.path(name + ".pem")])
        check(made.returncode == 0 and "people:" in made.stderr, made.stderr)
        return made.stdout.strip()

    def make_gateway(self, name, commands=""):
        return Gateway(self.lab, self.site(name, commands), name=name)

    def site(self, name, commands=""):
        return SITE.format(name=name, commands=commands, engineer=self.engineer, observer=self.observer,
                           slave=self.slave.port, broker=self.broker.port,
                           password=self.lab.path("gateways.password"))

    def words(self, *rest, key="li-wei", by=None, gateways=("east",), options=()):
        signed = ["--sign", self.lab.path(key + ".pem"), "--as", by or key] if key else []
        return [program("parkgatectl"), "command", "--broker", f"tcp://127.0.0.1:{self.broker.port}",
                "--user", "engineers", "--password-file", self.lab.path("engineers.password"), "--park", "test",
                *[word for name in gateways for word in ("--gateway", name)], *signed, *options, *rest]

    def command(self, *rest, code=0, **said):
        done = run(self.words(*rest, **said))
        check(done.returncode == code, f"{rest}: {done.returncode}, not {code}: {done.stdout}{done.stderr}")
        return done

    def refused(self, words, *rest, code=1, **said):
        done = self.command(*rest, code=code, **said)
        check(words in done.stderr, f"'{words}' in: {done.stderr}")


def private(path, flags):
    return os.open(path, flags, 0o600)


def keys(scene):
    lab, tool = scene.lab, program("parkgatectl")
    path = lab.path("li-wei.pem")
    check(os.stat(path).st_mode & 0o777 == 0o600, "nobody else reads a key")
    before = open(path).read()
    again = run([tool, "key", "new", path])
    check(again.returncode == 1 and "exists" in again.stderr and open(path).read() == before, again.stderr)
    check(run([tool, "key", "public", path]).stdout.strip() == scene.engineer, "key public")
    der = subprocess.run(["openssl", "pkey", "-in", path, "-pubout", "-outform", "DER"], capture_output=True, check=True)
    check(der.stdout[-32:].hex() == scene.engineer, "openssl reads it, and sees the same public key")
    nothing = run([tool, "key", "public", lab.path("users")])
    check(nothing.returncode == 1 and "no private Ed25519 key" in nothing.stderr, nothing.stderr)


def who_may(scene):
    nobody = scene.lab.start("nobody", scene.words("status", gateways=["north"]))
    page = json.loads(scene.command("status").stdout)
    check(page["v"] == 1 and "plc" in json.dumps(page), "the health page")
    check(json.loads(scene.command("status", options=["--3.1.1"]).stdout)["v"] == 1, "MQTT 3.1.1")
    scene.command("status", key="chen-jing")
    scene.refused("needs the role engineer", "log-level", "level=debug", key="chen-jing")
    scene.refused("the signature does not fit", "status", key="chen-jing", by="li-wei")
    scene.refused("signed commands only", "status", key=None)
    scene.refused("unknown member 'x'", "status", "x=1")
    for options in (["--park", "a"], ["--sign", "x", "--as", "y"], ["--gateway", "east"]):
        done = run([program("parkgatectl"), "command", *options, "status"])
        check(done.returncode == 2 and "usage" in done.stderr, f"{options}: {done.stderr}")
    with open(scene.lab.path("engineers.password"), "r+") as file:
        file.write("wrong-password")
    scene.refused("", "status", code=2)
    with open(scene.lab.path("engineers.password"), "w") as file:
        file.write(PASSWORDS["engineers"])
    check(nobody.wait(20) == 2 and "has left no status" in read(nobody.log), read(nobody.log))


def declaring(scene):
    reason = scene.lab.path("reason.txt")
    with open(reason, "w") as file:
        file.write("检修，二号泵")
    until = time.time_ns() // 1_000_000 + 3_600_000
    done = scene.command("maintenance", "subject=plc", "on=true", f"until={until}", f"reason=@{reason}")
    check("li-wei" in json.loads(done.stdout)["by"], done.stdout)
    done = scene.command("mode", json.dumps({"subject": "gateway", "mode": "emergency-red", "until": until}))
    check("li-wei" in json.loads(done.stdout)["by"], done.stdout)
    scene.refused("no such asset", "mode", "subject=nothing", "mode=normal")
    scene.command("maintenance", "subject=plc", "on=false")


def all_at_once(scene):
    done = scene.command("log", "lines=1", gateways=["all"])
    lines = sorted(done.stdout.splitlines())
    check([line.split()[:2] for line in lines] == [["east", "done"], ["west", "done"]], done.stdout)
    check(all(json.loads(line.split(" ", 2)[2])["lines"] for line in lines), "each with its answer")
    both = scene.command("log-level", "level=loud", gateways=["east", "west"], code=1)
    check(both.stdout.count("refused: ") == 2, both.stdout)


def history(scene):
    east = scene.gateways[0]
    commands = Commands(east)
    begin = time.time_ns() // 1_000_000 - 3_600_000
    asked = {"point": "plc.level", "every": "raw", "from": begin}
    wait_for(lambda: len(commands.parts("history", **asked)) > 1, 60, "more readings than one part takes")
    commands.close()
    first = json.loads(scene.command("history", "point=plc.level", "every=raw", f"from={begin}", "limit=1",
                                     options=["--3.1.1"]).stdout.splitlines()[1].split(",")[0])
    page, until = scene.lab.path("history.csv"), time.time_ns() // 1_000_000
    done = scene.command("history", "point=plc.level", "every=raw", f"from={first}", f"to={until}",
                         options=["--output", page])
    check(done.stdout == "", done.stdout)
    with open(page) as file:
        return [line.strip().split(",") for line in file]


def same_as_here(scene, rows):
    """The same as the tool on the machine itself reads from the store."""
    check(rows[0][:2] == ["t", "value"] and len(rows) > 300, f"{rows[0]}, {len(rows)} rows")
    local = scene.gateways[0].ctl("history", "--store", scene.gateways[0].store, "--from", "-1h", "--to", "now",
                                  "--csv", "plc.level")
    check(local.returncode == 0, local.stderr)
    values = [line.split(",") for line in local.stdout.splitlines()]
    here = [cells[1] for cells in values[1:]][:len(rows) - 1]
    check([float(cells[1]) for cells in rows[1:]] == [float(value) for value in here], "the values are the same")


def make_large(scene):
    """A file that takes some hundred answers: what the daemon itself would have made."""
    folder = os.path.join(scene.gateways[0].state, "files")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    data = os.urandom(6 << 20)
    name = "recording-20261121T000000Z-large.jsonl"
    for path, content in ((name, data), (name + ".json", json.dumps(
            {"who": "test", "made": 1, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}).encode())):
        with open(os.path.join(folder, path), "wb", opener=private) as file:
            file.write(content)
    return name, data


def broken_off(scene):
    name, data = make_large(scene)
    page = scene.lab.path("fetched")
    child = scene.lab.start("fetch", scene.words("fetch", f"name={name}", options=["--output", page]))
    wait_for(lambda: os.path.exists(page) and os.path.getsize(page) > 200_000, 30, "the first bytes")
    scene.broker.stop()
    check(os.path.getsize(page) < len(data), "it is not whole yet")
    wait_for(lambda: "going on at byte" in read(child.log), 20, "it notices")
    scene.broker.start()
    check(child.wait(60) == 0, f"it goes on: {read(child.log)}")
    check(open(page, "rb").read() == data, "and is the same in the end")
    part = scene.lab.path("part")
    scene.command("fetch", f"name={name}", "offset=100", "most=50000", options=["--output", part])
    check(open(part, "rb").read() == data[100:50100], "a part of it")
    scene.command("fetch", f"name={name}", "most=50000", options=["--output", part])
    check(open(part, "rb").read() == data[:50000], "its beginning")
    with open(os.path.join(scene.gateways[0].state, "files", name), "r+b") as file:
        file.write(b"spoilt")
    scene.refused("SHA-256", "fetch", f"name={name}", options=["--output", part])


def unsigned(scene):
    east = scene.gateways[0]
    east.write(scene.site("east", ", commands: unsigned"))
    east.reload()
    east.wait_log("site file changed")

    def heard():
        return run(scene.words("status", key=None, options=["--timeout", "2s"])).returncode == 0
    wait_for(heard, 20, "an unsigned command is heard")
    scene.refused("needs the role", "log-level", "level=debug", key=None)


def away(scene, asked):
    check(asked.wait(20) == 2 and "west is not connected" in read(asked.log), read(asked.log))
    scene.broker.stop()
    scene.refused("tcp://127.0.0.1", "status", code=2)


def case(lab):
    scene = Scene(lab)
    keys(scene)
    for gateway in scene.gateways:
        gateway.start()
    for gateway in scene.gateways:
        gateway.wait_log("destination centre: connected")
    who_may(scene)
    declaring(scene)
    all_at_once(scene)
    rows = history(scene)
    broken_off(scene)
    scene.gateways[1].stop()
    asked = scene.lab.start("away", scene.words("status", gateways=["west"]))
    unsigned(scene)
    away(scene, asked)
    scene.gateways[0].stop()
    same_as_here(scene, rows)


run_case(case)
