#!/usr/bin/python3
"""Against a broker that is no mosquitto (npm's aedes): a gateway that wants MQTT 5 falls back to what
it speaks, everything arrives, retained pages too, a command is answered, and a restart of the broker
loses nothing."""
import json
import os
import shutil
import sys

from stage import check, start_gateway, to, wait_sentence

from lab.case import run_case
from lab.processes import free_port, is_listening, read, wait_for
from lab.receiver import Receiver

HERE = os.path.dirname(os.path.abspath(__file__))


class Aedes:
    def __init__(self, lab):
        self.lab, self.port, self.log = lab, free_port(), lab.path("aedes.err")
        self.start()

    def start(self):
        self.child = self.lab.start(
            "aedes", [shutil.which("node"), os.path.join(HERE, "aedes.js"), str(self.port)])
        wait_for(lambda: is_listening(self.port), 15, "aedes listens")


def command(lab, broker, gateway_topic):
    lab.start("pub", ["/usr/bin/mosquitto_pub", "-h", "127.0.0.1", "-p", str(broker.port), "-q",
                      "1", "-t", gateway_topic + "/command/help", "-m",
                      json.dumps({"id": "from-aedes-1"})]).process.wait()


def case(lab):
    broker = Aedes(lab)
    receiver = Receiver(lab, broker.port)
    gateway = start_gateway(lab, {"centre": to(broker),
                                  "five": to(broker, more=', version: "5", client-id: five'),
                                  "packed": to(broker, more=", compress: zstd, client-id: packed")})
    line = wait_sentence(gateway, "centre", "connected to")
    print(line, file=sys.stderr)
    wait_sentence(gateway, "five", "does not speak this version of MQTT")
    wait_for(lambda: len(receiver.take().of("trend")) > 20, 20, "records arrive")
    wait_for(lambda: receiver.take().page("health") and receiver.page("status"), 10,
             "pages arrive")
    command(lab, broker, "parkgate/v1/test/link")
    wait_for(lambda: [topic for topic, _, page in receiver.take().messages
                      if "/reply/" in topic and page.get("id") == "from-aedes-1"], 10,
             "the command is answered")
    receiver.wait_all(gateway.records(), 20)
    broker.child.kill()
    broker.start()  # it kept nothing: what is delivered from now on is what counts
    before = len(receiver.take().records)
    wait_for(lambda: len(receiver.take().records) > before + 20, 30, "records arrive again")
    strange = [line for line in read(broker.log).splitlines()
               if "Error" in line and "unacceptable protocol version" not in line]
    check(not strange, f"aedes complains: {strange}")
    gateway.stop()


if shutil.which("node") is None or not os.path.isdir(os.path.join(HERE, "..", "node_modules",
                                                                  "aedes")):
    print("skipped: node and npm's aedes are needed (tools/install test)", file=sys.stderr)
    sys.exit(77)
run_case(case)
