#!/usr/bin/python3
"""The line to the centre against a real mosquitto. One case a run: test_centre.py PROBE CASE."""
import json
import os
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
from centre import (BASE, PATIENCE_S, Book, Broker, Probe, Receiver, check_chain, check_once,
                    check_schema, end_children, free_port, schemas, wait)
from network import Gate, Mute, OldBroker, make_ca, make_certificate, password_broker, tls_broker

PROGRAM = None
SAMPLE, TREND = 4, 5  # places in the state's lists


def check_all(receiver, state, book):
    """Everything stored came once, fits its schema, and its chain can be rebuilt."""
    names = ["event", "evidence", "period", "minute", "sample", "trend"]
    for stream, count in zip(names, state["stored"]):
        check_once(receiver, stream, count)
    validators = schemas()
    for message in receiver.messages:
        check_schema(message, validators)
    check_chain(receiver.payloads(), book)


def case_deliver(directory):
    broker = Broker(directory)
    receiver = Receiver(broker.port)
    probe = Probe(PROGRAM, os.path.join(directory, "store"), broker.port)
    probe.ask('page 0 {"v":1}')
    probe.ask("scans 120")
    probe.ask("events")
    probe.ask("scans 60")
    state = probe.idle()
    assert state["stored"] == [2, 1, 1, 1, 180, 180]
    assert state["acknowledged"] == state["stored"]
    wait(lambda: len(receiver.sequences("trend")) == 180, "all trend records")
    wait(lambda: receiver.last("health"), "the health page")
    assert json.loads(receiver.last("health").payload) == {"v": 1}
    receiver.messages = [m for m in receiver.messages if not m.topic.endswith("/health")]
    state = probe.quit()
    assert json.loads(receiver.last("status").payload)["status"] == "stopping"
    check_all(receiver, state, Book(probe.ready))
    receiver.close()
    broker.stop()


def case_restart(directory):
    """What was acknowledged before a stop is not sent again, what was not comes."""
    broker = Broker(directory)
    receiver = Receiver(broker.port)
    probe = Probe(PROGRAM, os.path.join(directory, "store"), broker.port)
    probe.ask("scans 30")
    probe.idle()
    probe.quit()
    dead = free_port()
    probe = Probe(PROGRAM, os.path.join(directory, "store"), dead)
    probe.ask("scans 30")
    wait(lambda: probe.ask("state")["queued"][SAMPLE] == 30, "30 are queued")
    probe.quit(0)
    probe = Probe(PROGRAM, os.path.join(directory, "store"), broker.port)
    state = probe.idle()
    assert state["acknowledged"][SAMPLE] == 60
    wait(lambda: len(receiver.sequences("trend")) >= 60, "the rest")
    check_all(receiver, probe.quit(), Book(probe.ready))
    receiver.close()
    broker.stop()


def case_outage(directory):
    """The broker dies in the middle: live records come first, the backlog behind them."""
    broker = Broker(directory)
    gate = Gate(broker.port)
    receiver = Receiver(broker.port)
    probe = Probe(PROGRAM, os.path.join(directory, "store"), gate.port, "-r", "40000")
    book = Book(probe.ready)
    probe.ask("scans 10")
    probe.idle()
    wait(lambda: len(receiver.sequences("trend")) == 10, "what was acknowledged")
    gate.shut()
    broker.kill()
    before = list(receiver.messages)
    receiver.close()
    wait(lambda: probe.said("lost"), "the loss is noticed")
    probe.ask("scans 400")
    broker.start()
    receiver = Receiver(broker.port)
    gate.open()
    wait(lambda: probe.ask("state")["connects"] == 2, "connected again")
    probe.ask("scans 5")
    wait(lambda: 415 in receiver.sequences("trend"), "live records")
    state = probe.ask("state")
    assert state["queued"][TREND] > 0, "the backlog was not paced"
    state = probe.idle(60)
    assert state["stored"][SAMPLE] == 415
    wait(lambda: len(receiver.sequences("trend")) == 405, "the backlog")
    first = receiver.sequences("trend")
    assert first.index(415) < first.index(410), "live came behind the backlog"
    receiver.messages = before + receiver.messages
    check_all(receiver, probe.quit(), book)
    receiver.close()
    broker.stop()


def case_newest_first(directory):
    broker = Broker(directory)
    probe = Probe(PROGRAM, os.path.join(directory, "store"), free_port())
    probe.ask("scans 400")
    probe.quit(0)
    receiver = Receiver(broker.port)
    probe = Probe(PROGRAM, os.path.join(directory, "store"), broker.port, "-N", "-m", "20000")
    probe.idle()
    wait(lambda: len(receiver.sequences("trend")) == 400, "all")
    firsts = [p["first"] for p in receiver.payloads() if p["stream"] == "trend"]
    assert firsts[0] > 300 and firsts[-1] < 100, firsts
    check_all(receiver, probe.quit(), Book(probe.ready))
    assert all(len(m.payload) <= 20000 for m in receiver.messages)
    receiver.close()
    broker.stop()


def case_mqtt_3_1_1(directory):
    broker = Broker(directory)
    receiver = Receiver(broker.port)
    probe = Probe(PROGRAM, os.path.join(directory, "store"), broker.port, "-v", "4")
    probe.ask("scans 20")
    state = probe.idle()
    assert state["version"] == 4
    wait(lambda: len(receiver.sequences("trend")) == 20, "all")
    receiver.publish("command/echo", '{"id": "abc", "x": 1}')
    reply = wait(lambda: receiver.last("reply/echo"), "the reply")
    assert json.loads(reply.payload)["id"] == "abc"
    check_all(receiver, probe.quit(), Book(probe.ready))
    receiver.close()
    broker.stop()


def fall_back(directory, polite):
    broker = Broker(directory)
    receiver = Receiver(broker.port)
    old = OldBroker(broker.port, polite)
    probe = Probe(PROGRAM, os.path.join(directory, "store"), old.port)
    probe.ask("scans 20")
    state = probe.idle()
    assert state["version"] == 4 and old.versions == [5, 4], (state, old.versions)
    wait(lambda: len(receiver.sequences("trend")) == 20, "all")
    check_all(receiver, probe.quit(), Book(probe.ready))
    receiver.close()
    broker.stop()


def case_fallback_polite(directory):
    fall_back(directory, True)


def case_fallback_silent(directory):
    fall_back(directory, False)


# ---- TLS and passwords ----

def tls_options(directory, host="localhost", ca="ca", certificate="gateway"):
    return ["-h", host, "-t", "-a", f"{directory}/{ca}.pem", "-c", f"{directory}/{certificate}.pem",
            "-k", f"{directory}/{certificate}.key"]


def case_tls(directory):
    broker = tls_broker(directory)
    tls = {"ca_certs": f"{directory}/ca.pem", "certfile": f"{directory}/gateway.pem",
           "keyfile": f"{directory}/gateway.key"}
    probe = Probe(PROGRAM, os.path.join(directory, "store"), broker.port, *tls_options(directory))
    wait(lambda: probe.said("MQTT 5, TLS"), "connected")
    receiver = Receiver(broker.port, tls=tls)
    probe.ask("scans 20")
    probe.idle()
    wait(lambda: len(receiver.sequences("trend")) == 20, "all")
    check_all(receiver, probe.quit(), Book(probe.ready))
    receiver.close()
    broker.stop()


def refused(directory, broker, options, sentence, environment=None):
    probe = Probe(PROGRAM, os.path.join(directory, "store"), broker.port, *options,
                  environment=environment)
    probe.ask("scans 2")
    wait(lambda: probe.said("not connected"), "a refusal")
    assert probe.said(sentence), probe.log
    wait(lambda: probe.ask("state")["queued"][SAMPLE] >= 2, "nothing was lost")
    probe.quit(0)
    return probe


def case_wrong_ca(directory):
    broker = tls_broker(directory)
    make_ca(directory, "other")
    refused(directory, broker, tls_options(directory, ca="other"),
            "the broker's certificate was signed by ca, which ")
    broker.stop()


def case_wrong_host(directory):
    broker = tls_broker(directory, "DNS:another.example")
    refused(directory, broker, tls_options(directory),
            "the broker's certificate is for another.example, not for localhost")
    broker.stop()


def case_wrong_client(directory):
    broker = tls_broker(directory)
    make_ca(directory, "other")
    make_certificate(directory, "stranger", "other", "DNS:stranger")
    refused(directory, broker, tls_options(directory, certificate="stranger"),
            "the broker does not know who signed it")
    broker.stop()


def secret(directory, name, text, mode=0o600):
    path = os.path.join(directory, name)
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, mode)
    return path


def case_password(directory):
    broker = password_broker(directory)
    secret(directory, "centre.password", "right\n")
    probe = Probe(PROGRAM, os.path.join(directory, "store"), broker.port, "-u", "box", "-w",
                  "centre.password", environment={"CREDENTIALS_DIRECTORY": directory})
    probe.ask("scans 2")
    probe.idle()
    probe.quit()
    assert not probe.said("right"), "a secret in the log"
    broker.stop()


def case_wrong_password(directory):
    broker = password_broker(directory)
    path = secret(directory, "password", "wrong")
    probe = refused(directory, broker, ["-u", "box", "-w", path], "check user name and password")
    refused(directory, broker, ["-v", "4", "-u", "box", "-w", path], "check user name and password")
    assert not probe.said("wrong\n"), "a secret in the log"
    os.chmod(path, 0o640)
    refused(directory, broker, ["-u", "box", "-w", path], "can be read by others: chmod 600 it")
    broker.stop()


# ---- the centre speaks ----

def case_acknowledge(directory):
    """PUBACK is not enough; what the centre has confirmed is done, and no more."""
    broker = Broker(directory)
    receiver = Receiver(broker.port)
    store = os.path.join(directory, "store")
    probe = Probe(PROGRAM, store, broker.port, "-C")
    store_id = probe.ready["store"]
    probe.ask("scans 20")
    wait(lambda: len(receiver.sequences("trend")) == 20, "all were sent")
    wait(lambda: probe.ask("state")["messages"] > 2, "PUBACKs")
    assert probe.ask("state")["acknowledged"][TREND] == 0
    ranges = [{"store": store_id, "stream": "trend", "ranges": [[1, 12], [15, 16]]},
              {"store": "other", "stream": "sample", "ranges": [[1, 20]]}]
    receiver.publish("acknowledge", json.dumps(ranges), retain=True)
    wait(lambda: probe.ask("state")["acknowledged"][TREND] == 14, "the centre's word")
    assert probe.ask("state")["acknowledged"][SAMPLE] == 0
    probe.quit()
    receiver.messages = []
    probe = Probe(PROGRAM, store, broker.port, "-C")
    wait(lambda: len(receiver.sequences("trend")) == 6, "the rest comes again")
    assert sorted(receiver.sequences("trend")) == [13, 14, 17, 18, 19, 20]
    assert sorted(receiver.sequences("sample")) == list(range(1, 21))
    receiver.publish("acknowledge", '{"store": 7}')
    wait(lambda: probe.said('"store" must be'), "a sentence about a malformed acknowledgement")
    for stream in ("trend", "sample"):
        receiver.publish("acknowledge", json.dumps(
            {"v": 1, "store": store_id, "stream": stream, "ranges": [[1, 500]]}))
    state = probe.idle()
    assert state["acknowledged"][SAMPLE] == state["acknowledged"][TREND] == 20
    probe.quit()
    receiver.close()
    broker.stop()


def mosquitto_rr(port, verb, body, *options):
    command = ["mosquitto_rr", "-p", str(port), "-V", "5", "-t", f"{BASE}command/{verb}", "-m", body,
               "-W", "10", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    return json.loads(done.stdout) if done.stdout.strip() else None


def case_commands(directory):
    broker = Broker(directory)
    receiver = Receiver(broker.port)
    probe = Probe(PROGRAM, os.path.join(directory, "store"), broker.port)
    wait(lambda: receiver.last("status"), "online")
    reply = mosquitto_rr(broker.port, "echo", '{"x": [1, 2]}', "-e", BASE + "reply/echo/me", "-D",
                         "publish", "correlation-data", "AB")
    assert reply["answer"] == {"x": [1, 2]} and reply["id"] == "4142"
    receiver.publish("command/Echo", "{}")
    reply = json.loads(wait(lambda: receiver.last("reply/unknown"), "a refusal").payload)
    assert "unknown verb" in reply["reason"]
    receiver.publish("command/large", json.dumps({"id": "l", "x": "y" * 17000}))
    reply = json.loads(wait(lambda: receiver.last("reply/large"), "a refusal").payload)
    assert "too large" in reply["reason"]
    for i in range(40):  # eight are kept and never answered, the others are told so
        receiver.client.publish(BASE + "command/sleep", json.dumps({"id": i}), 1)
    wait(lambda: len([m for m in receiver.messages if m.topic == BASE + "reply/sleep"]) == 32,
         "32 refusals")
    replies = [json.loads(m.payload) for m in receiver.messages if m.topic == BASE + "reply/sleep"]
    assert all("busy" in reply["reason"] for reply in replies)
    assert {reply["id"] for reply in replies} == {str(i) for i in range(8, 40)}
    validators = schemas()
    for message in receiver.messages:
        if "/reply/" in message.topic:
            check_schema(message, validators)
    probe.quit(500)
    receiver.close()
    broker.stop()


# ---- status, pages, filters ----

def case_will(directory):
    broker = Broker(directory)
    receiver = Receiver(broker.port)
    probe = Probe(PROGRAM, os.path.join(directory, "store"), broker.port)

    def status():
        message = receiver.last("status")
        return message and json.loads(message.payload)["status"]

    wait(lambda: status() == "online", "online")
    probe.process.kill()
    probe.process.wait()
    wait(lambda: status() == "offline", "the will")
    validators = schemas()
    for message in receiver.messages:
        check_schema(message, validators)
    late = Receiver(broker.port, "late")
    wait(lambda: late.last("status"), "a retained status")
    assert late.last("status").retain
    late.close()
    receiver.close()
    broker.stop()


def case_pages(directory):
    broker = Broker(directory)
    probe = Probe(PROGRAM, os.path.join(directory, "store"), broker.port)
    receiver = Receiver(broker.port)
    probe.ask('page 3 {"part": 1}')
    probe.ask('page 1 {"n": 1}')
    wait(lambda: receiver.last("catalog/points"), "a page")
    probe.ask('page 1 {"n": 2}')
    wait(lambda: b'"n": 2' in (receiver.last("alarms") or receiver.messages[0]).payload, "its change")
    broker.kill()
    receiver.close()
    broker.start()  # forgot everything: the pages come again
    receiver = Receiver(broker.port)
    wait(lambda: receiver.last("catalog/points") and receiver.last("alarms"), "pages again")
    assert receiver.last("alarms").payload == b'{"n": 2}'
    probe.ask("page 3 ")
    wait(lambda: receiver.last("catalog/points").payload == b"", "a cleared page")
    late = Receiver(broker.port, "late")
    wait(lambda: late.last("alarms"), "the retained page")
    assert not late.last("catalog/points")
    late.close()
    probe.quit()
    receiver.close()
    broker.stop()


def case_filter(directory):
    """Streams the site leaves out, and a destination that starts now, are skipped in the books."""
    broker = Broker(directory)
    receiver = Receiver(broker.port)
    store = os.path.join(directory, "store")
    probe = Probe(PROGRAM, store, broker.port, "-s", "0x02")  # events only
    probe.ask("scans 10")
    probe.ask("events")
    state = probe.idle()
    assert state["acknowledged"] == [2, 0, 0, 0, 0, 0], state
    assert state["skipped"] == [0, 1, 1, 1, 10, 10], state
    probe.quit()
    wait(lambda: receiver.sequences("event") == [1, 2], "both events")
    assert not receiver.sequences("trend")
    probe = Probe(PROGRAM, store, broker.port, "-d", "later", "-L")
    probe.ask("scans 5")
    state = probe.idle()
    assert state["acknowledged"] == [0, 0, 0, 0, 5, 5], state
    assert state["skipped"] == [2, 1, 1, 1, 10, 10], state
    probe.quit()
    wait(lambda: receiver.sequences("trend") == [11, 12, 13, 14, 15], "what is new")
    receiver.close()
    broker.stop()


def case_packet_size(directory):
    """Payloads keep under the broker's Maximum Packet Size; Receive Maximum bounds the window."""
    broker = Broker(directory, ["max_packet_size 4000"])
    receiver = Receiver(broker.port)
    probe = Probe(PROGRAM, os.path.join(directory, "store"), broker.port, "-n", "60")
    probe.ask("scans 100")
    state = probe.idle()
    assert state["connects"] == 1, "the broker closed the connection"
    wait(lambda: len(receiver.sequences("trend")) == 100, "all")
    assert all(len(m.payload) < 4000 for m in receiver.messages)
    check_all(receiver, probe.quit(), Book(probe.ready))
    receiver.close()
    broker.stop()


def case_silence(directory):
    """No PUBACK for 30 s: the connection is given up and made again, and nothing is lost."""
    broker = Broker(directory)
    receiver = Receiver(broker.port)
    mute = Mute(broker.port)
    probe = Probe(PROGRAM, os.path.join(directory, "store"), mute.port)
    probe.ask("scans 5")
    probe.idle()
    mute.silent = True
    probe.ask("scans 5")
    wait(lambda: probe.said("no acknowledgement for 30 s"), "the watchdog", 60)
    probe.idle(60)
    wait(lambda: len(set(receiver.sequences("trend"))) == 10, "all")
    assert probe.ask("state")["connects"] == 2
    probe.quit()
    receiver.close()
    broker.stop()


def case_neighbours(directory):
    """A destination whose broker accepts and never answers, or whose name does not resolve, takes
    nothing from the other."""
    broker = Broker(directory)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.2", broker.port))
        deaf.listen(8)
        for number, other in enumerate(("127.0.0.2", "no-such-host.invalid")):
            receiver = Receiver(broker.port)
            probe = Probe(PROGRAM, os.path.join(directory, f"store{number}"), broker.port, "-x",
                          other)
            for _ in range(10):
                probe.ask("scans 10")
                probe.idle()
            wait(lambda: len(receiver.sequences("trend")) == 100, "all")
            receiver.messages = [m for m in receiver.messages if not m.retain]
            check_all(receiver, probe.quit(1000), Book(probe.ready))
            receiver.close()
    broker.stop()


def main():
    global PROGRAM
    PROGRAM = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="parkgate-centre-") as directory:
        os.chmod(directory, 0o755)
        try:
            globals()["case_" + sys.argv[2].replace("-", "_")](directory)
        finally:
            end_children()
    print("ok")


if __name__ == "__main__":
    main()
