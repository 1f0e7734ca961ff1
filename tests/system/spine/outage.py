#!/usr/bin/python3
"""The broker goes away while the daemon reads: afterwards everything arrives under its key, what is
read now before what was missed (promise 6), and the chain of the payloads holds together."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
from lab.broker import Broker  # noqa: E402
from lab.case import check, run_case  # noqa: E402
from lab.gateway import Gateway  # noqa: E402
from lab.processes import wait_for  # noqa: E402
from lab.receiver import Receiver  # noqa: E402
from lab.slave import COUNTER, Slave  # noqa: E402

SITE = """
gateway: {{park: test, name: outage}}
buses:
  line: {{tcp: "127.0.0.1:{slave}"}}
devices:
  plc:
    bus: line
    unit: 1
    every: 50ms
    points:
      reads: {{holding: {counter}}}
destinations:
  centre:
    mqtt: "tcp://127.0.0.1:{broker}"
    backlog-rate: 1 KiB/s
    max-payload: 4 KiB
"""


def is_live_before_backlog(envelopes, missed):
    """A record read after the outage came while some of the outage's were still to come."""
    firsts = [envelope["first"] for envelope in envelopes if envelope["stream"] == "trend"]
    live = [i for i, first in enumerate(firsts) if first > missed[-1]]
    backlog = [i for i, first in enumerate(firsts) if first in missed]
    return live and backlog and live[0] < backlog[-1]


def check_chain(envelopes):
    """Payloads of one stream that follow one another carry each other's chain value."""
    ends = {(e["store"], e["stream"], e["last"]): e["chain"] for e in envelopes}
    linked = 0
    for envelope in envelopes:
        before = ends.get((envelope["store"], envelope["stream"], envelope["first"] - 1))
        check(before in (None, envelope["previous"]),
              f"{envelope['stream']} {envelope['first']}: previous is not the chain before it")
        linked += before is not None
    check(linked > 0, "some payloads follow one another")


def case(lab):
    broker = Broker(lab)
    slave = Slave(lab, {})
    receiver = Receiver(lab, broker.port)
    gateway = Gateway(lab, SITE.format(slave=slave.port, broker=broker.port, counter=COUNTER))
    gateway.start()
    wait_for(lambda: len(receiver.take().of("trend")) >= 20, 20, "20 scans arrive")
    broker.stop()
    before = len(receiver.take().envelopes)
    last = max(key[2] for key in receiver.records if key[1] == "trend")
    wait_for(lambda: len(gateway.records()) > last + 160, 40, "the store grows without a broker")
    end = max(key[2] for key in gateway.records() if key[1] == "trend")
    broker.start()
    missed = range(last + 1, end + 1)
    wait_for(lambda: receiver.take().envelopes[before:], 30, "it is connected again")
    receiver.wait_all(gateway.records(), 60)
    check(is_live_before_backlog(receiver.envelopes[before:], missed),
          "live data is not queued behind the backlog")
    gateway.stop()
    receiver.wait_all(gateway.records())
    check(not receiver.changed(), "a key has one content")
    scans = receiver.of("trend")
    check([scan["reads"] for scan in scans] == list(range(len(scans))),
          "every answer of the slave is there, once, in order")
    check_chain(receiver.envelopes)


run_case(case)
