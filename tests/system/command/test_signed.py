#!/usr/bin/python3
"""Signed commands over a real broker: carried out once, in whose name, refused for each reason there
is, never twice: not repeated, not after a restart. What signs here is openssl."""
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
from lab.broker import Broker  # noqa: E402
from lab.case import check, run_case  # noqa: E402
from lab.commander import Commander, Key  # noqa: E402
from lab.gateway import Gateway  # noqa: E402
from lab.processes import wait_for  # noqa: E402
from lab.slave import Slave  # noqa: E402
from system.store.clock import Clock, build_library  # noqa: E402

SITE = """
gateway: {{park: test, name: signed{commands}}}
people:
  li-wei: {{key: {engineer}, role: engineer}}
  chen-jing: {{key: {observer}, role: observer}}
buses:
  line: {{tcp: "127.0.0.1:{slave}"}}
devices:
  plc: {{bus: line, unit: 1, every: 1s, points: {{level: {{holding: 0}}}}}}
destinations:
  centre: {{mqtt: "tcp://127.0.0.1:{broker}"}}
store: {{commit-every: 200ms}}
"""
BASE = "parkgate/v1/test/signed/"
LEVEL = {"level": "info", "for_s": 60}


def refused(answer, words):
    check(answer["result"] == "refused" and words in answer["reason"], f"'{words}' in {answer}")


def done(answer):
    check(answer["result"] == "done", f"done: {answer}")
    return answer


class Scene:
    def __init__(self, lab):
        self.broker, self.slave, self.clock = Broker(lab), Slave(lab, {"holding": {0: [5]}}), Clock(lab)
        self.li, self.chen = Key(lab, "li-wei"), Key(lab, "chen-jing")
        self.stranger = Key(lab, "mallory")
        self.write = lambda commands="": SITE.format(
            engineer=self.li.public, observer=self.chen.public, slave=self.slave.port,
            broker=self.broker.port, commands=commands)
        self.clock.put(0)
        sanitizer = os.environ.get("ASAN_OPTIONS", "")
        self.gateway = Gateway(lab, self.write(), environment={
            "LD_PRELOAD": build_library(lab), "PARKGATE_SHIFTCLOCK": self.clock.path,
            "ASAN_OPTIONS": f"{sanitizer}:verify_asan_link_order=0".lstrip(":")}).start()
        self.line = Commander(self.broker.port, BASE)
        self.challenge = self.line.wait_online()

    def restart(self):
        self.gateway.stop()
        self.gateway.start()
        self.challenge = self.line.wait_online(boot_after=self.challenge)

    def wait_clock(self, state):
        wait_for(lambda: self.line.status["clock"] == state, 10, f"the clock is {state}")

    def events(self, kind):
        return [record for record in self.gateway.records().values() if record.get("kind") == kind]


def who_may(scene):
    line, li, chen = scene.line, scene.li, scene.chen
    status = done(line.command(li, "status"))
    check(status["answer"]["v"] == 1, "the health page")
    done(line.command(chen, "status"))
    refused(line.command(chen, "log-level", LEVEL), "log-level needs the role engineer")
    refused(line.command(li, "restart", {"reason": "x"}), "restart needs the role administrator")
    refused(line.command(li, "monitor", {"bus": "line"}), "only over the socket")
    refused(line.command(li, "log-level", {"level": "loud"}), "'level'")
    refused(line.command(li, "format-disk"), "unknown verb")
    refused(line.ask({"id": "u1"}, "status"), "signed commands only")
    # another's key, another's name, another gateway, another park, another verb, topic, correlation, text
    fit = "the signature does not fit"
    refused(line.command(scene.stranger, "status"), fit)
    refused(line.command(scene.stranger, "status", by="li-wei"), fit)
    for changes in ({"gateway": "0" * 32}, {"park": "elsewhere"}, {"verb": "alarms"}, {"id": "other"},
                    {"response": BASE + "reply/other"}, {"correlation": "00"}, {"nonce": "0" * 32},
                    {"time": time.time_ns() // 1_000_000 - 1}, {"by": "chen-jing"}):
        refused(line.command(li, "status", changes=changes), fit)
    refused(line.command(li, "status", "{"), "\"body\" is not JSON")
    now = time.time_ns() // 1_000_000
    refused(line.command(li, "status", time=now - 62_000), "behind the gateway's clock")
    refused(line.command(li, "status", time=now + 65_000), "before the gateway's clock")
    refused(line.command(li, "status", challenge=scene.challenge), "knows the time")


def forms(scene):
    line = scene.line
    for payload, words in (('{"id":"f1",', "not JSON"), ("[1]", "must be a JSON object"),
                           ('{"x":' * 40 + "1" + "}" * 40, "deeper"), ("y" * 20000, "too large")):
        since = len(line.replies)
        line.publish("status", payload, "", os.urandom(4))
        wait_for(lambda: len(line.replies) > since, 10, f"an answer to {payload[:20]}")
        refused(line.replies[since][2], words)
    refused(line.ask({"id": "t"}, "status", "some/where/else"), "must lie under reply/")
    check(line.replies[-1][0] == BASE + "reply/status", "answered under our own reply/")


def once(scene):
    line, li = scene.line, scene.li
    topic, correlation = BASE + "reply/log-level/me", b"once"
    payload = line.envelope(li, "log-level", LEVEL, topic, correlation)
    done(line.ask(payload, "log-level", topic, correlation))
    again = done(line.ask(payload, "log-level", topic, correlation))
    check(again.get("repeated") is True, f"repeated: {again}")
    check(line.replies[-1][:2] == (topic, correlation), "to the topic asked for, with the correlation data")
    other = line.envelope(li, "log-level", {"level": "debug", "for_s": 60}, topic, correlation)
    refused(line.ask(other, "log-level", topic, correlation), "this id was used")
    reused = line.envelope(li, "log-level", LEVEL, nonce=payload["nonce"])
    refused(line.ask(reused, "log-level"), "here before")
    return payload, topic, correlation


def after_restart(scene, first):
    payload, topic, correlation = first
    line = scene.line
    line.publish("status", line.envelope(scene.li, "status", {}), retain=True)
    scene.restart()
    wait_for(lambda: any("retained" in answer.get("reason", "") for _, _, answer in line.replies), 10,
             "the retained command is refused")
    line.client.publish(BASE + "command/status", b"", 1, True)
    refused(line.ask(payload, "log-level", topic, correlation), "here before")
    done(line.command(scene.li, "status"))


def many(scene):
    """More at once than there is room for: each is answered."""
    line, since, names = scene.line, len(scene.line.replies), []
    for _ in range(60):
        payload = line.envelope(scene.chen, "status", {})
        names.append((payload["id"], payload))
    for _, payload in names:
        line.publish("status", payload)
    for name, _ in names:
        line.wait_answer(name, since)
    last = [line.wait_answer(name, since) for name, _ in names]
    heard = [answer for answer in last if answer["result"] == "done"]
    told = [answer for answer in last if answer["result"] == "refused"]
    check(10 <= len(heard) <= 30, f"some of 60 are heard: {len(heard)}")
    check(all("too many commands" in answer["reason"] or "busy" in answer["reason"] for answer in told), str(told[:3]))


def old_version(scene):
    """MQTT 3.1.1: by id, to reply/{verb}."""
    old = Commander(scene.broker.port, BASE, version=4)
    old.wait_online()
    done(old.command(scene.li, "status"))
    check(old.replies[-1][0] == BASE + "reply/status", "reply/{verb}")
    payload = old.envelope(scene.li, "alarms", {})
    done(old.ask(payload, "alarms"))
    check(done(old.ask(payload, "alarms"))["repeated"], "repeated by id")
    refused(old.ask({**payload, "id": "stolen"}, "alarms"), "does not fit")
    old.close()


def without_clock(scene):
    line, li = scene.line, scene.li
    scene.clock.put(0, synchronised=0)
    scene.wait_clock("restored")
    payload = line.envelope(li, "key", {})
    check("challenge" in payload, "the challenge")
    done(line.ask(payload, "key"))
    refused(line.command(li, "key", nonce=payload["nonce"]), "here before")
    refused(line.command(li, "key", time=time.time_ns() // 1_000_000), "does not know the time")
    refused(line.command(li, "key", challenge="0" * 32), "an old one")
    scene.restart()
    refused(line.ask({**payload, "id": payload["id"]}, "key"), "an old one")
    done(line.command(li, "key"))
    scene.clock.put(-600_000)  # back by ten minutes, and known
    scene.wait_clock("synchronised")


def unsigned(scene):
    scene.clock.put(0)
    scene.gateway.write(scene.write(", commands: unsigned"))
    scene.gateway.reload()
    scene.gateway.wait_log("site file changed")
    line, since = scene.line, len(scene.line.replies)

    def is_heard():
        """The destination connects anew meanwhile, and what comes then does not reach it."""
        line.publish("status", {"id": os.urandom(3).hex()})
        time.sleep(0.2)
        return any(answer["result"] == "done" for _, _, answer in line.replies[since:])
    wait_for(is_heard, 10, "an unsigned command is heard")
    refused(line.ask({"id": "u2", **LEVEL}, "log-level"), "needs the role engineer")


def in_the_books(scene):
    scene.gateway.stop()
    carried, kept = scene.events("command.done"), scene.events("command.refused")
    levels = scene.events("log.level")
    check(len(levels) == 1 and levels[0]["details"]["by"] == "li-wei", f"the level was set once: {levels}")
    of_level = [e["details"]["result"] for e in carried if e["subject"] == "log-level"]
    check(sorted(of_level) == ["done", "repeated"], f"log-level: {of_level}")
    check({"li-wei", "chen-jing", "unsigned over centre"} <= {e["details"]["by"] for e in carried}, str(carried[:2]))
    check(any("does not fit" in e["details"]["text"] and e["details"]["by"] == "somebody over centre" and
              e["severity"] == "warning" for e in kept), "refused by nobody's name")
    mode = os.stat(os.path.join(scene.gateway.state, "nonces")).st_mode & 0o777
    check(mode == 0o600, f"STATE/nonces has mode {mode:o}")


def case(lab):
    scene = Scene(lab)
    who_may(scene)
    forms(scene)
    first = once(scene)
    after_restart(scene, first)
    old_version(scene)
    many(scene)
    without_clock(scene)
    unsigned(scene)
    scene.line.close()
    in_the_books(scene)


run_case(case)
