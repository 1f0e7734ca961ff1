#!/usr/bin/python3
"""TLS to a real mosquitto: each mistake of a certificate has its own sentence in log and health, pins
hold, what ends soon is an event, a certificate is renewed from afar, and no secret leaves."""
import json
import os
import socket
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
from lab.broker import Broker  # noqa: E402
from lab.case import check, run_case  # noqa: E402
from lab.certificates import Authority, self_signed  # noqa: E402
from lab.gateway import Gateway  # noqa: E402
from lab.processes import free_port, is_listening, wait_for  # noqa: E402
from lab.receiver import Receiver  # noqa: E402

SITE = """
gateway: {{park: test, name: tls}}
buses:
  line: {{tcp: "127.0.0.1:{slave}", connect-timeout: 200ms}}
devices:
  plc: {{bus: line, unit: 1, every: 60s, points: {{there: {{holding: 0}}}}}}
destinations:
"""

PASSWORD = "kein-Wort-davon-4711"


class TlsBroker:
    """A mosquitto of listeners, each with what mosquitto.conf(5) says of TLS."""

    def __init__(self, lab, listeners, name="tls-broker", environment=None):
        self.lab, self.name, self.environment = lab, name, environment
        self.ports = {key: free_port() for key in listeners}
        self.configuration = lab.path(name + ".conf")
        with open(self.configuration, "w") as file:
            file.write("user root\nlog_type error\nlog_type notice\n")
            for key, lines in listeners.items():
                file.write(f"listener {self.ports[key]} 127.0.0.1\nallow_anonymous true\n")
                file.write("".join(line + "\n" for line in lines))
        self.child = None
        self.start()

    def start(self):
        self.child = self.lab.start(self.name, ["/usr/sbin/mosquitto", "-c", self.configuration],
                                    environment=self.environment)
        for port in self.ports.values():
            wait_for(lambda: is_listening(port), 10, "mosquitto listens")


def shows(certificate, key, *more):
    return [f"certfile {certificate}", f"keyfile {key}", *more]


def asks_for(authority):
    return (f"cafile {authority.certificate}", "require_certificate true",
            "use_identity_as_username true")


def destination(name, port, ca, more="", host="localhost"):
    more += "" if "client-id" in more else f", client-id: {name}"  # several go to one broker
    return f'  {name}: {{mqtt: "tls://{host}:{port}", ca: "{ca}"{more}}}\n'


def start_gateway(lab, destinations, environment=None):
    site = SITE.format(slave=free_port()) + destinations
    return Gateway(lab, site, environment=environment).start()


def health(gateway, name):
    """The destination's part of the health page, made anew."""
    answer = ask(gateway, {"verb": "status"})
    check(answer["result"] == "done", f"status: {answer}")
    return {one["name"]: one for one in answer["answer"]["destinations"]}[name]


def ask(gateway, request):
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(90)
        client.connect(os.path.join(gateway.state, "control.sock"))
        client.sendall(json.dumps(request).encode() + b"\n")
        return json.loads(client.makefile().readline())


def events(gateway, kind):
    return [record for record in gateway.records().values()
            if record.get("kind") == kind]


# ---- cases

def mistakes(lab):
    ca, other = Authority(lab), Authority(lab, "Other CA")
    good = ca.make("good")
    listeners = {
        "expired": shows(*ca.make("expired", days=(-9, -2))),
        "early": shows(*ca.make("early", days=(3, 9))),
        "elsewhere": shows(*ca.make("elsewhere", names="DNS:mq.example,DNS:b.example")),
        "stranger": shows(*other.make("stranger")),
        "own": shows(*self_signed(lab, "own")),
        "asking": shows(*good, *asks_for(ca)),
        "plain": [],
    }
    broker = TlsBroker(lab, listeners)
    wrong, wrong_key = other.make("nobody")
    words = {
        "expired": "the broker's certificate expired on 20",
        "early": "is not valid before 20",
        "elsewhere": "is for mq.example, b.example, not for localhost",
        "stranger": "was signed by Other CA, which",
        "own": "own is self-signed and not one that",
        "asking": "requires a certificate of this gateway: set certificate and key",
        "refused": "refuses this gateway's certificate",
        "misfit": "does not fit the certificate",
        "plain": "is it the port for connections without TLS?",
        "nobody": "nobody answers",
    }
    ports = dict(broker.ports, refused=broker.ports["asking"], misfit=broker.ports["asking"],
                 nobody=free_port())
    ours = {"refused": f', certificate: "{wrong}", key: "{wrong_key}"',
            "misfit": f', certificate: "{wrong}", key: "{good[1]}"'}
    gateway = start_gateway(lab, "".join(
        destination(name, ports[name], ca.certificate, ours.get(name, "")) for name in words))
    for name, sentence in words.items():
        def said():
            return [line for line in gateway.log().split("\n")
                    if f"destination {name}: not connected" in line and sentence in line]
        wait_for(said, 15, f"the log says of {name}: {sentence}")
        wait_for(lambda: sentence in health(gateway, name)["last_error"], 5,
                 f"health says of {name}: {sentence}")
    gateway.stop()


def pins(lab):
    certificate, key = self_signed(lab, "broker")
    _, other_key = again = self_signed(lab, "broker", file="again")
    check(other_key != key, "two keys")
    ca = Authority(lab)
    leaf, leaf_key = ca.make("leaf")
    old = lab.path("tls12.cnf")
    with open(old, "w") as file:
        file.write("openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n"
                   "[c]\nMaxProtocol = TLSv1.2\n")
    broker = TlsBroker(lab, {"right": shows(certificate, key), "wrong": shows(*again),
                             "leaf": shows(leaf, leaf_key)})
    aged = TlsBroker(lab, {"old": shows(leaf, leaf_key)}, "aged", {"OPENSSL_CONF": old})
    strict = ", tls-at-least: 1.3"
    gateway = start_gateway(
        lab, destination("right", broker.ports["right"], certificate, strict) +
        destination("wrong", broker.ports["wrong"], certificate) +
        destination("leaf", broker.ports["leaf"], leaf) +
        destination("lax", aged.ports["old"], ca.certificate) +
        destination("strict", aged.ports["old"], ca.certificate, strict))
    for name in ("right", "lax"):
        gateway.wait_log(f"destination {name}: connected to", 15)
    gateway.wait_log("broker is self-signed and not one that", 15)
    gateway.wait_log("only a self-signed one can be pinned: put that of its issuer Park CA", 15)
    gateway.wait_log("does not speak TLS 1.3, which tls-at-least asks for", 15)
    for name in ("wrong", "leaf", "strict"):
        check(f"destination {name}: connected" not in gateway.log(), f"{name} is not connected to")
    gateway.stop()


def expiry(lab):
    ca = Authority(lab)
    broker = TlsBroker(lab, {"soon": shows(*ca.make("soon", days=(-1, 20)), *asks_for(ca)),
                             "far": shows(*ca.make("far", days=(-1, 200)))})
    ours, key = ca.make("gateway-7", days=(-1, 3))
    mine = f', certificate: "{ours}", key: "{key}"'
    gateway = start_gateway(lab, destination("soon", broker.ports["soon"], ca.certificate, mine) +
                            destination("far", broker.ports["far"], ca.certificate, ", client-id: far") +
                            destination("calm", broker.ports["soon"], ca.certificate,
                                        mine + ", client-id: calm, certificate-warning: 10 days"))
    for name in ("soon", "far", "calm"):
        gateway.wait_log(f"destination {name}: connected to", 15)
    def expected():
        return {(event["subject"], event["severity"]) for event in
                events(gateway, "certificate.expiring") if event["phase"] == "opened"}
    wanted = {("soon/broker", "warning"), ("soon/own", "alarm"), ("calm/own", "alarm")}
    wait_for(lambda: expected() >= wanted, 15, f"certificate.expiring of {wanted}")
    wait_for(lambda: health(gateway, "far")["broker_certificate_until"], 15, "far was looked at")
    check(expected() == wanted, f"only those: {expected()}")
    soon = health(gateway, "soon")
    left = (soon["broker_certificate_until"] - soon["certificate_until"]) / 86400e3
    check(16.9 < left < 17.1, f"health has both ends: {soon}")
    gateway.stop()


def renewal(lab):
    ca, other = Authority(lab), Authority(lab, "Other CA")
    broker = TlsBroker(lab, {"asking": shows(*ca.make("good"), *asks_for(ca))})
    ours, key = ca.make("first", days=(-1, 3))
    mine = f', certificate: "{ours}", key: "{key}", client-id: boiler-3'
    gateway = start_gateway(lab, destination("centre", broker.ports["asking"], ca.certificate, mine))
    gateway.wait_log("destination centre: connected to", 15)

    def certificate(**members):
        return ask(gateway, {"verb": "certificate", "destination": "centre", **members})

    answer = certificate(action="install", certificate="x")
    check(answer["result"] == "refused" and "no request" in answer["reason"], f"{answer}")
    answer = certificate(action="request")
    check(answer["result"] == "done", f"request: {answer}")
    request = lab.path("request.pem")
    with open(request, "w") as file:
        file.write(answer["answer"]["request"])

    bad = open(other.sign(request, "boiler-3")).read()
    answer = certificate(action="install", certificate=bad, within_s=5)
    check(answer["result"] == "failed" and "the old certificate is back" in answer["reason"] and
          "refuses this gateway's certificate" in answer["reason"], f"a bad one: {answer}")
    wait_for(lambda: health(gateway, "centre")["state"] == "up", 20, "the old one connects again")
    seen = len(read(broker))
    good = open(ca.sign(request, "boiler-3")).read()
    answer = certificate(action="install", certificate=good)
    check(answer["result"] == "done", f"a good one: {answer}")
    wait_for(lambda: "u'boiler-3'" in read(broker)[seen:], 5, "the broker knows it by its new name")
    check(not os.path.exists(os.path.join(gateway.state, "certificates", "centre.trial")),
          "nothing is on trial any more")

    mark = len(gateway.log())
    gateway.stop()
    gateway.start()
    gateway.wait_log("destination centre: connected to", 15, after=mark)
    answer = certificate(action="drop")
    check(answer["result"] == "done", f"drop: {answer}")
    wait_for(lambda: "u'first'" in read(broker)[seen:], 10, "the configured one counts again")
    check(certificate(action="drop")["result"] == "refused", "there is nothing left to drop")
    check(len(events(gateway, "certificate.renewed")) == 2, "renewed and dropped are events")
    gateway.stop()


def read(broker):
    with open(broker.lab.path(broker.name + ".err")) as file:
        return file.read()


def secrets(lab):
    ca = Authority(lab)
    broker = TlsBroker(lab, {"asking": shows(*ca.make("good"), *asks_for(ca))})
    open_broker = Broker(lab)
    receiver = Receiver(lab, open_broker.port)
    ours, key = ca.make("gateway-7")
    directory = lab.path("credentials")
    os.makedirs(directory, 0o700)
    for name, source in (("ca", ca.certificate), ("crt", ours), ("key", key)):
        with open(source) as file:
            write_secret(os.path.join(directory, "centre." + name), file.read())
    write_secret(os.path.join(directory, "centre.password"), PASSWORD + "\n")
    loose = lab.path("loose.key")
    with open(key) as file:
        write_secret(loose, file.read(), 0o644)
    named = 'ca: centre.ca, certificate: centre.crt, key: {}, user: gateway-7'
    gateway = start_gateway(
        lab, f'  centre: {{mqtt: "tls://localhost:{broker.ports["asking"]}", '
        f'{named.format("centre.key")}}}\n'
        f'  loose: {{mqtt: "tls://localhost:{broker.ports["asking"]}", {named.format(loose)}, '
        'password: centre.password, client-id: loose}\n'
        f'  open: {{mqtt: "tcp://127.0.0.1:{open_broker.port}"}}\n',
        {"CREDENTIALS_DIRECTORY": directory})
    gateway.wait_log("destination centre: connected to", 15)
    gateway.wait_log("can be read by others: chmod 600 it", 15)
    old = ask(gateway, {"verb": "key"})["answer"]["public_key"]
    answer = ask(gateway, {"verb": "rotate-key"})
    check(answer["result"] == "done", f"rotate-key: {answer}")
    new = ask(gateway, {"verb": "key"})["answer"]["public_key"]
    check(old != new and new in answer["answer"]["text"], f"another key: {answer}")
    changed = wait_for(lambda: receiver.take().events("key.rotated"), 10, "key.rotated arrives")[0]
    check(changed["details"]["old_key"] == old and changed["details"]["new_key"] == new,
          f"its keys: {changed}")
    wait_for(lambda: (receiver.take().page("catalog/key") or {}).get("public_key") == new, 10,
             "the catalogue follows")
    asked = ask(gateway, {"verb": "certificate", "destination": "centre", "action": "request"})
    check(asked["result"] == "done", f"request: {asked}")
    gateway.stop()
    for one in (old, new):
        done = gateway.ctl("verify", "--key", one, gateway.store)
        check(done.returncode == 0 and ", 0 do not" in done.stdout, f"verify: {done.stdout}")
        done = gateway.ctl("verify", "--key", one, "--stream", record(lab, receiver))
        check(done.returncode == 0 and ", 0 do not" in done.stdout, f"stream: {done.stdout}")
    done = gateway.ctl("verify", "--key", "00" * 32, gateway.store)
    check(done.returncode == 1, "another key fits nothing")
    check_silence(lab, gateway, receiver, directory)


def record(lab, receiver):
    """What arrived, as a centre writes it down: a topic and a payload a line."""
    path = lab.path("recording")
    with open(path, "w", encoding="utf-8") as file:
        for topic, _, page in receiver.take().messages:
            file.write(f"{topic} {json.dumps(page, ensure_ascii=False)}\n")
    return path


def write_secret(path, text, mode=0o600):
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, mode)


def check_silence(lab, gateway, receiver, directory):
    """No line of a private key, nor the password, in log, pages, events, answers."""
    hidden = [PASSWORD]
    for path in (os.path.join(directory, "centre.key"), os.path.join(gateway.state, "key.pem"),
                 os.path.join(gateway.state, "certificates", "centre.new.key")):
        check(os.stat(path).st_mode & 0o077 == 0, f"{path} is the service's alone")
        with open(path) as file:
            hidden += [line.strip() for line in file if "-----" not in line]
    said = gateway.log() + json.dumps(receiver.take().messages) + \
        json.dumps(list(gateway.records().values()))
    for secret in hidden:
        check(secret not in said, "a secret was told")
    with open(gateway.store, "rb") as file:
        stored = file.read()
    check(not any(secret.encode() in stored for secret in hidden), "a secret was stored")


CASES = {case.__name__: case for case in (mistakes, pins, expiry, renewal, secrets)}

if __name__ == "__main__":
    run_case(CASES[sys.argv[1]])
