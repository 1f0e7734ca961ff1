#!/usr/bin/python3
"""Brokers that take the connection and then misbehave, each in its way, beside one that does not:
no crash, each has its sentence, the good one gets everything at once, and the others as soon as they
are good again; nothing is lost, nothing differs."""
from stage import check, start_gateway, to, wait_delivered, wait_sentence

from lab.badbroker import BadBroker
from lab.case import run_case
from lab.processes import wait_for

CASES = {
    "dropper": ({"publish": "drop"}, "the connection broke"),
    "garbage": ({"at_connect": "garbage"}, "not connected to"),
    "hanger": ({"at_connect": "hang-up"}, "the broker hung up instead of answering"),
    "huge": ({"at_connect": "huge"}, ""),
    "goodbye": ({"goodbye": 0x8B}, "the broker is shutting down"),
    "taken": ({"goodbye": 0x8E}, "another client connected under this client id"),
    "quota": ({"refuse": {"": 0x97}}, "the broker's quota is used up"),
    "topic": ({"refuse": {"samples": 0x87}}, "trend: the broker does not let this client publish"),
    "narrow": ({"answers": {"receive-maximum": 1}}, "connected to"),
    "small": ({"answers": {"maximum-packet": 2000}}, "and the broker takes packets of 2000"),
    "tiny": ({"answers": {"maximum-packet": 200}}, "cannot be sent"),
}
LOSES = {"tiny"}  # what the broker can never take is told and counted, not kept


def case(lab):
    brokers = {name: BadBroker(**manners) for name, (manners, _) in CASES.items()}
    good = BadBroker()
    gateway = start_gateway(lab, {
        "good": to(good),
        **{name: to(broker, more=', version: "5"') for name, broker in brokers.items()}})
    for name, (_, words) in CASES.items():
        wait_sentence(gateway, name, words)
    wait_for(lambda: brokers["small"].records and brokers["narrow"].records, 20,
             "a broker with a small packet or window gets records")
    check(not brokers["small"].mistakes, f"{brokers['small'].mistakes}")
    allowed = {key[1] for key in brokers["topic"].records}
    check("trend" not in allowed and "event" in allowed,
          f"what is allowed goes on when a topic is not: {allowed}")
    lines = gateway.log().count("trend: the broker does not let this client publish")
    check(lines == 1, f"{lines} lines about one refusal")
    wait_delivered(good, gateway.records(), "good", 10)
    for broker in brokers.values():
        broker.behave()
        broker.cut()
    stored = gateway.records()
    for name in CASES.keys() - LOSES:
        wait_delivered(brokers[name], stored, name, 60)
    gateway.stop()


run_case(case)
