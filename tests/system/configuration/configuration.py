#!/usr/bin/python3
"""The site file from afar, through the socket of the real daemon, with a real broker and a real
slave: proven or rolled back by itself, whatever the proposal breaks and whoever pulls the plug."""
import json
import os
import socket
import sys
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
from lab.broker import Broker  # noqa: E402
from lab.case import check, run_case  # noqa: E402
from lab.commander import Commander, Key  # noqa: E402
from lab.gateway import Gateway  # noqa: E402
from lab.processes import free_port, wait_for  # noqa: E402
from lab.receiver import Receiver  # noqa: E402
from lab.slave import Slave  # noqa: E402

SITE = """# written on site
gateway: {{park: test, name: trial}}
buses:
  line: {{tcp: "127.0.0.1:{slave}"}}
devices:
  plc:
    bus: line
    unit: 1
    every: 100ms
    points:
      level: {{input: 0}}
destinations:
  centre: {{mqtt: "tcp://127.0.0.1:{broker}"}}
"""


class Client:
    """One connection to the socket: a request, then answers until the last."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(120)
        self.socket.connect(path)
        self.file = self.socket.makefile("r")

    def send(self, verb, **members):
        line = json.dumps({"v": 1, "verb": verb, **members})
        self.socket.sendall(line.encode() + b"\n")

    def answer(self):
        line = self.file.readline()
        check(line, "the daemon answers before it closes")
        return json.loads(line)

    def ask(self, verb, **members):
        """The last answer."""
        self.send(verb, **members)
        while True:
            answer = self.answer()
            if not answer.get("more"):
                return answer


class Stage:
    def __init__(self, lab, more=""):
        self.broker = Broker(lab)
        self.slave = Slave(lab, {"input": {0: [42], 1: [43]}})
        self.receiver = Receiver(lab, self.broker.port)
        self.site = SITE.format(slave=self.slave.port, broker=self.broker.port) + more
        self.gateway = Gateway(lab, self.site)
        self.start()

    def start(self):
        count = len(self.receiver.take().of("trend"))
        self.gateway.start()
        wait_for(lambda: len(self.receiver.take().of("trend")) >= count + 5, 20, "scans arrive")

    def client(self):
        path = os.path.join(self.gateway.state, "control.sock")
        wait_for(lambda: os.path.exists(path), 10, "the socket is there")
        return Client(path)

    def propose(self, **members):
        answer = self.client().ask("propose", **members)
        check(answer["result"] == "done", f"the proposal is good: {answer}")
        return answer["answer"]

    def event(self, kind, words="", seconds=15):
        def find():
            return [event for event in self.receiver.take().events(kind)
                    if words in event["details"]["text"]]
        return wait_for(find, seconds, f"event {kind} with '{words}' arrives")[-1]

    def in_force(self):
        return self.client().ask("versions")["answer"]["in_force"]

    def wait_point(self, name, value):
        wait_for(lambda: any(scan.get(name) == value for scan in self.receiver.take().of("trend")),
                 20, f"{name} = {value} arrives")


def mistakes(lab):
    """Nothing wrong gets in; each mistake has its place; what is bounded is bounded."""
    stage = Stage(lab)
    client = stage.client()
    bad = stage.site.replace("input: 0", "input: 0, type: u17")
    answer = client.ask("propose", text=bad)
    check(answer["result"] == "refused", f"a wrong file is refused: {answer}")
    first = answer["answer"]["mistakes"][0]
    line = bad.splitlines()[first["line"] - 1]
    check(line[first["column"] - 1:].startswith("u17") and "u17" in first["text"], f"{first}")

    answer = client.ask("propose", patch={"devices": {"plc": {"bus": "nowhere"}}})
    check(answer["result"] == "refused" and "nowhere" in answer["answer"]["mistakes"][0]["text"],
          f"a wrong patch is refused: {answer}")
    laughs = "a: &a [x, x]\nb: &b [*a, *a]\n" + stage.site
    answer = client.ask("propose", text=laughs)
    check(answer["result"] == "refused" and "alias" in answer["reason"], f"{answer}")
    deep = {}
    for _ in range(25):
        deep = {"a": deep}
    answer = client.ask("propose", patch=deep)
    check(answer["result"] == "refused", f"{answer}")
    answer = client.ask("propose", text="#" * (256 * 1024 + 1))
    check(answer["result"] == "refused", f"{answer}")
    for members in ({}, {"text": stage.site, "patch": {}}):
        check(client.ask("propose", **members)["result"] == "refused", "text or patch, one of them")
    none = client.ask("versions")
    check(none["answer"]["versions"] == [], "nothing was kept")
    check(none["result"] == "done", f"the last answer says so: {none}")
    check(client.ask("apply", version=1)["result"] == "refused", "there is no such version")
    check(client.ask("roll-back")["result"] == "refused", "there is nothing to go back to")

    kept = stage.propose(text=stage.site + "# " + "沉" * 20000 + "\n")
    client.send("configuration", version=kept["version"])
    parts = [client.answer()]
    while parts[-1].get("more"):
        parts.append(client.answer())
    text = "".join(part["answer"]["text"] for part in parts)
    check(len(parts) > 2 and text == stage.site + "# " + "沉" * 20000 + "\n", "text in parts")


def proven(lab):
    """A good patch: difference, trial, proven, there after a restart; then the local file wins."""
    stage = Stage(lab)
    kept = stage.propose(patch={"devices": {"plc": {"points": {"second": {"input": 1}}}}},
                         why="a second level")
    check([entry["path"] for entry in kept["difference"]] == ["devices.plc.points.second"],
          f"{kept}")
    client = stage.client()
    client.send("apply", version=kept["version"], why="a second level")
    check(client.answer()["result"] == "accepted", "apply is accepted first")
    stage.wait_point("second", 43)
    answer = stage.client().ask("apply", version=kept["version"])
    check(answer["result"] == "refused" and "on trial" in answer["reason"], f"{answer}")
    after = len(stage.gateway.log())
    stage.gateway.reload()
    stage.gateway.wait_log("is on trial until", 10, after)
    answer = client.answer()
    check(answer["result"] == "done" and answer["answer"]["in_force"] == 1, f"{answer}")
    check("a second level" in stage.event("configuration.proven")["details"]["text"], "the event says why")
    check(stage.in_force() == 1, "version 1 is in force")
    check(not stage.receiver.take().events("gap"), "nothing was lost")

    stage.gateway.stop()
    stage.start()
    check(stage.in_force() == 1, "version 1 is in force after a restart")
    stage.gateway.write(stage.site + "# changed on site\n")
    stage.gateway.reload()
    stage.event("configuration.local-wins")
    check(stage.in_force() == 0, "the local file wins")
    versions = stage.client().ask("versions")["answer"]["versions"]
    check(versions[0]["state"] == "retired" and versions[0]["why"] == "a second level",
          f"{versions}")
    answer = stage.client().ask("roll-back", version=1, why="it was right")
    check(answer["result"] == "done" and stage.in_force() == 1, f"{answer}")


def killed(lab):
    """kill -9 in the middle of a trial: the start takes the site before."""
    stage = Stage(lab)
    kept = stage.propose(patch={"devices": {"plc": {"points": {"second": {"input": 1}}}}})
    client = stage.client()
    client.send("apply", version=kept["version"])
    stage.wait_point("second", 43)
    stage.gateway.kill()
    stage.start()
    text = stage.event("configuration.rolled-back")["details"]["text"]
    check("restarted before it was proven" in text, text)
    check(stage.in_force() == 0, "the local file is in force")
    check(stage.client().ask("versions")["answer"]["versions"][0]["state"] == "rolled-back",
          "version 1 is rolled back")
    check("second" not in stage.receiver.take().of("trend")[-1], "the point is gone again")

    client = stage.client()  # SIGTERM in the middle: who waits is told
    client.send("apply", version=kept["version"])
    check(client.answer()["result"] == "accepted", "apply is accepted first")
    wait_for(lambda: len(stage.receiver.take().events("configuration.trial")) > 1, 10, "a trial")
    told = []
    waiting = threading.Thread(target=lambda: told.append(client.answer()))
    waiting.start()
    stage.gateway.stop(8)
    waiting.join(10)
    check(told and told[0]["result"] == "failed" and "stops" in told[0]["reason"], f"{told}")


def cut_off(lab):
    """A proposal with another broker that is not there: it comes back by itself and tells."""
    stage = Stage(lab)
    kept = stage.propose(
        patch={"destinations": {"centre": {"mqtt": f"tcp://127.0.0.1:{free_port()}"}}})
    client = stage.client()
    client.send("apply", version=kept["version"], within_s=30)
    check(client.answer()["result"] == "accepted", "apply is accepted first")
    answer = client.answer()
    check(answer["result"] == "failed" and "centre is not connected" in answer["reason"],
          f"{answer}")
    event = stage.event("configuration.rolled-back")
    check("centre is not connected" in event["details"]["text"], f"{event}")
    check(stage.in_force() == 0, "the local file is in force")
    stage.gateway.stop()
    stage.receiver.wait_all(stage.gateway.records())
    check(not stage.receiver.take().events("gap"), "nothing was lost")


def dead_bus(lab):
    """A bus that does not answer: rolled back; with `allow` it is proven."""
    stage = Stage(lab)
    patch = {"buses": {"other": {"tcp": f"127.0.0.1:{free_port()}"}},
             "devices": {"meter": {"bus": "other", "unit": 1, "every": "1s",
                                   "points": {"power": {"input": 0}}}}}
    kept = stage.propose(patch=patch)
    answer = stage.client().ask("apply", version=kept["version"], within_s=30)
    check(answer["result"] == "failed" and "meter on bus other" in answer["reason"], f"{answer}")
    stage.event("configuration.rolled-back", "meter on bus other")
    answer = stage.client().ask("apply", version=kept["version"], within_s=30, allow="other")
    check(answer["result"] == "done" and stage.in_force() == kept["version"], f"{answer}")


def far(lab):
    """Signed, over the broker: whoever asks stays in reach; the last answer comes over the new site."""
    key = Key(lab, "li-wei")
    stage = Stage(lab, f"people:\n  li-wei: {{key: {key.public}, role: engineer}}\n")
    line = Commander(stage.broker.port, "parkgate/v1/test/trial/")
    line.wait_online()
    for patch, words in (
            ({"destinations": {"centre": None, "other": {"mqtt": f"tcp://127.0.0.1:{stage.broker.port}"}}},
             "destination centre, which this came over, would be gone"),
            ({"people": None}, "engineer li-wei, who asks for this, would be gone")):
        answer = line.command(key, "propose", {"patch": patch})
        check(answer["result"] == "done", f"{answer}")
        answer = line.command(key, "apply", {"version": answer["answer"]["version"]})
        check(answer["result"] == "failed" and words in answer["reason"], f"{answer}")
    wrong = line.command(key, "propose", {"text": "gateway: {park: test}\n"})
    check(wrong["result"] == "refused" and wrong["answer"]["mistakes"][0]["line"] == 1, f"{wrong}")
    answer = line.command(key, "propose", {
        "patch": {"devices": {"plc": {"points": {"second": {"input": 1}}}}}, "why": "second"})
    answer = line.command(key, "apply", {"version": answer["answer"]["version"], "why": "second"})
    check(answer["result"] == "done" and answer["answer"]["in_force"] == 3, f"{answer}")
    event = stage.event("configuration.proven", "second")
    check("li-wei" in json.dumps(event), f"the event says who: {event}")
    text = line.command(key, "configuration")["answer"]
    check(text["who"] == "li-wei" and text["origin"] == "centre" and "second" in text["text"], f"{text}")
    answer = line.command(key, "roll-back", {"why": "not needed"})
    check(answer["result"] == "done" and answer["answer"]["in_force"] == 0, f"{answer}")
    line.close()


CASES = {"far": far, "mistakes": mistakes, "proven": proven, "killed": killed, "cut-off": cut_off,
         "dead-bus": dead_bus}
run_case(CASES[sys.argv[1]])
