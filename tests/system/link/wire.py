#!/usr/bin/python3
"""What stands on the wire, read by hand: a clean start and no session, our own maximum packet size,
the will; with MQTT 5 content type, user properties, expiry, aliases within the broker's maximum; with
3.1.1 none of that; zstd where the site asks for it; one message under way at Receive Maximum 1."""
import json

from stage import check, start_gateway, to, wait_delivered

from lab import payloads
from lab.badbroker import BadBroker
from lab.case import run_case
from lab.processes import wait_for

STREAMS = {"events": {"event", "evidence"}, "statistics": {"period", "minute"},
           "samples": {"sample", "trend"}}


def last_word(said):
    return said["topic"].rsplit("/", 1)[-1]


def check_connect(said, version):
    properties = {"maximum-packet": 300 * 1024} if version == 5 else {}
    check(said["version"] == version and said["protocol"] == "MQTT", f"{said}")
    check(said["clean"], "a clean start")
    check(said["properties"] == properties, f"no session expiry: {said['properties']}")
    check(said["keepalive"] == 30 and said["user"] is None, f"{said}")
    check(said["will_topic"] == "parkgate/v1/test/link/status" and said["will_retain"] and
          said["will_qos"] == 1, f"{said}")
    check(json.loads(said["will"])["status"] == "offline", f"{said['will']}")


def check_5(broker):
    data = [said for said in broker.publishes if last_word(said) in STREAMS]
    for said in data:
        page, properties = json.loads(payloads.plain(said["payload"])), said["properties"]
        user = dict(properties["user"])
        packed = user.pop("content-encoding", None)
        check(packed == ("zstd" if said["payload"][:4] == payloads.ZSTD_MAGIC else None),
              f"{packed} of {said['payload'][:4]}")
        check(user == {"v": "1", "gateway": page["gateway"], "store": page["store"],
                       "stream": page["stream"]}, f"user properties {user}")
        check(page["stream"] in STREAMS[last_word(said)], f"{page['stream']} at {said['topic']}")
        check(properties["content-type"] == "application/json", f"{properties}")
        check("expiry" not in properties, "records do not expire")
    pages = {last_word(said): said["properties"].get("expiry") for said in broker.publishes
             if said["retain"]}
    check(pages["health"] == 3600 and pages["status"] is None and pages["points"] is None,
          f"health expires, nothing else does: {pages}")
    return data


def check_4(broker):
    check(all(not said["properties"] for said in broker.publishes), "3.1.1 has no properties")


def case(lab):
    plain, aliases, two, old, packed, narrow = (BadBroker(answers=answers) for answers in (
        {}, {"alias-maximum": 10}, {"alias-maximum": 2}, {}, {}, {"receive-maximum": 1}))
    narrow.behave(answers={"receive-maximum": 1}, publish="never")
    gateway = start_gateway(lab, {
        "plain": to(plain, more=', version: "5"'), "aliases": to(aliases), "two": to(two),
        "old": to(old, more=', version: "3.1.1"'), "packed": to(packed, more=", compress: zstd"),
        "packed-old": to(old, more=', version: "3.1.1", compress: zstd, client-id: other'),
        "narrow": to(narrow)})
    wait_for(lambda: len(plain.records) > 40, 20, "40 records arrive")
    for broker in (plain, aliases, two, packed, narrow):
        check_connect(broker.connects[0], 5)
    for said in old.connects:
        check_connect(said, 4)
    check(narrow.most_under_way == 1, f"{narrow.most_under_way} under way at Receive Maximum 1")
    narrow.behave(answers={"receive-maximum": 1})
    narrow.cut()
    stored = gateway.records()
    for name, broker in {"plain": plain, "aliases": aliases, "two": two, "old": old,
                         "packed": packed, "narrow": narrow}.items():
        wait_delivered(broker, stored, name)
        check(not broker.mistakes, f"{name}: {broker.mistakes[:3]}")
    check(not any("alias" in said["properties"] for said in check_5(plain)), "no alias is taken")
    check(any(said["alias_alone"] for said in check_5(aliases)), "an alias stands for the topic")
    used = {said["properties"].get("alias") for said in check_5(two)}
    check(used <= {None, 1, 2}, f"aliases {used} of 2")
    sent = check_5(packed)
    check(any(said["payload"][:4] == payloads.ZSTD_MAGIC for said in sent), "zstd frames arrive")
    check_4(old)
    gateway.stop()


run_case(case)
