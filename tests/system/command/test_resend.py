#!/usr/bin/python3
"""Command resend: the records come once more under the keys they have, marked, behind what is live; no
cursor moves and the books stay as they are; an event tells the end; what is not in the store is named;
jobs outlive the broker's absence and are bounded."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
from lab.broker import Broker  # noqa: E402
from lab.case import check, run_case  # noqa: E402
from lab.commands import Commands  # noqa: E402
from lab.gateway import Gateway  # noqa: E402
from lab.processes import wait_for  # noqa: E402
from lab.receiver import Receiver  # noqa: E402
from lab.slave import COUNTER, Slave  # noqa: E402

SITE = """
gateway: {{park: test, name: resend}}
buses:
  line: {{tcp: "127.0.0.1:{slave}"}}
devices:
  plc:
    bus: line
    unit: 1
    every: 100ms
    points:
      reads: {{holding: {counter}}}
destinations:
  centre:
    mqtt: "tcp://127.0.0.1:{broker}"
    streams: [event, trend]
    max-payload: 4 KiB
  alarms:
    mqtt: "tcp://127.0.0.1:{broker}"
    prefix: other
    client-id: alarms
    streams: [event]
"""
JOBS = 8


def copies(receiver):
    """{sequence: deliveries} of stream trend."""
    return {key[2]: len(records) for key, records in receiver.take().records.items()
            if key[1] == "trend"}


def ended(receiver, kind):
    return receiver.take().events(kind)


def case(lab):
    broker = Broker(lab)
    slave = Slave(lab, {})
    receiver = Receiver(lab, broker.port)
    gateway = Gateway(lab, SITE.format(slave=slave.port, broker=broker.port, counter=COUNTER)).start()
    wait_for(lambda: len(receiver.take().of("trend")) >= 30, 20, "30 scans arrive")
    commands = Commands(gateway)

    answer = commands.done("resend", destination="centre", stream="trend", first=5, last=14)
    check((answer["first"], answer["last"], answer["records"]) == (5, 14, 10), f"{answer}")
    check(answer["missing"] == [] and "earlier" in answer["note"], f"{answer}")
    wait_for(lambda: ended(receiver, "resend.done"), 10, "an event tells the end")
    done = ended(receiver, "resend.done")[0]
    check(done["subject"] == "centre" and done["details"]["records"] == 10, f"{done}")
    check("10 records sent again" in done["details"]["text"], f"{done}")
    twice = [sequence for sequence, count in copies(receiver).items() if count > 1]
    check(sorted(twice) == list(range(5, 15)), f"twice: {sorted(twice)}")
    marked = [envelope for envelope in receiver.envelopes if envelope.get("resend")]
    check(sum(len(envelope["records"]) for envelope in marked) == 10, "marked are these alone")
    check(not receiver.changed(), "a key has one content")

    times = [record["t"] for record in receiver.of("trend")]
    answer = commands.done("resend", destination="centre", stream="trend", **{"from": times[19]},
                           to=times[24])
    check((answer["first"], answer["last"]) == (20, 24), f"by times: {answer}")
    answer = commands.done("resend", destination="centre", stream="trend", first=2, last=1 << 40)
    check(answer["missing"] == [[answer["last"] + 1, 1 << 40]], f"{answer}")
    wait_for(lambda: len(ended(receiver, "resend.done")) == 3, 10, "the others end")

    commands.refused("no destination 'center'", "resend", destination="center", stream="trend",
                     first=1, last=2)
    commands.refused("does not receive stream trend", "resend", destination="alarms",
                     stream="trend", first=1, last=2)
    commands.refused("none of these is in the store", "resend", destination="centre",
                     stream="trend", first=1 << 40, last=1 << 41)
    commands.refused("either 'first' and 'last'", "resend", destination="centre", stream="trend",
                     first=1)

    broker.stop()
    for i in range(JOBS):
        commands.done("resend", destination="centre", stream="trend", first=1, last=i + 1)
    commands.refused("has 8 of these", "resend", destination="centre", stream="trend", first=1,
                     last=2)
    broker.start()
    wait_for(lambda: len(ended(receiver, "resend.done")) == 3 + JOBS, 30, "all of them end")
    gateway.stop()
    stored = gateway.records()
    receiver.wait_all({key: record for key, record in stored.items()
                       if key[1] in ("event", "trend")})
    check(not receiver.changed(), "a key has one content")
    books = gateway.ctl("books", gateway.store)
    check(books.returncode == 0, f"the books balance: {books.stdout}{books.stderr}")


run_case(case)
