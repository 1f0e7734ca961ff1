"""What the tests of this folder share: a gateway that reads a counter fast, with the destinations a
test names, and brokers that count what they acknowledged."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
from lab.case import check  # noqa: E402
from lab.gateway import Gateway  # noqa: E402
from lab.processes import Failure, wait_for  # noqa: E402
from lab.slave import COUNTER, Slave  # noqa: E402

SITE = """
gateway: {{park: test, name: link}}
buses:
  line: {{tcp: "127.0.0.1:{slave}"}}
devices:
  plc:
    bus: line
    unit: 1
    every: {every}
    points:
      reads: {{holding: {counter}}}
destinations:
{destinations}
"""


def start_gateway(lab, destinations, every="100ms", environment=None):
    """destinations: {name: the keys behind it, as a flow mapping's inside}."""
    lines = "\n".join(f"  {name}: {{{keys}}}" for name, keys in destinations.items())
    slave = Slave(lab, {})
    return Gateway(lab, SITE.format(slave=slave.port, counter=COUNTER, every=every,
                                    destinations=lines), environment=environment).start()


def to(broker, *others, more=""):
    """The keys of a destination with these brokers."""
    urls = [f'"tcp://127.0.0.1:{one.port}"' for one in (broker, *others)]
    return "mqtt: " + (urls[0] if len(urls) == 1 else f"[{', '.join(urls)}]") + more


def wait_sentence(gateway, destination, sentence, seconds=20):
    """One line of the log about that destination with those words."""
    def said():
        gateway._check()
        return [line for line in gateway.log().splitlines()
                if f"destination {destination}: " in line and sentence in line]
    try:
        return wait_for(said, seconds, f"the log says of {destination}: {sentence}")[0]
    except Failure as reason:
        heard = [line for line in gateway.log().splitlines() if f"destination {destination}:" in line]
        raise Failure(f"{reason}; it says {heard[-5:]}") from None


def wait_delivered(broker, stored, name, seconds=40, streams=None):
    """The broker has acknowledged every one of these records, each as it is stored."""
    wanted = {key for key in stored if streams is None or key[1] in streams}
    try:
        wait_for(lambda: wanted <= broker.records.keys(), seconds, f"{name} has every record")
    except Failure as reason:
        missing = sorted(wanted - broker.records.keys())
        raise Failure(f"{reason}; missing are {len(missing)}: {missing[:5]}") from None
    wrong = [key for key in wanted if any(copy != stored[key] for copy in broker.records[key])]
    check(not wrong, f"{name} got {sorted(wrong)[:5]} otherwise than stored")
