#!/usr/bin/python3
"""The daemon listens on nothing but its Unix socket, with every kind of bus and destination, while
they are up, down and after a reload; the socket is 0660, and nothing it makes can be read by others
although the umask would let them. Neither a password nor a private key is in what it says, sends or
stores."""
import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
from lab.broker import Broker  # noqa: E402
from lab.case import check, run_case  # noqa: E402
from lab.gateway import Gateway  # noqa: E402
from lab.processes import SLACK, free_port, read, wait_for  # noqa: E402
from lab.receiver import Receiver  # noqa: E402
from lab.slave import Slave  # noqa: E402

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import sockets  # noqa: E402

PASSWORD = "Kuaile-7-Xihu-" + "9d41"
SITE = """
gateway: {{park: test, name: surface}}
buses:
  line: {{tcp: "127.0.0.1:{slave}"}}
  over-tcp: {{rtu-over-tcp: "127.0.0.1:{dead}"}}
  serial: {{rtu: {tty}}}
devices:
  plc: {{bus: line, unit: 1, every: 200ms, points: {{so2: {{holding: 0, unit: mg/m3}}}}}}
  meter: {{bus: over-tcp, unit: 1, every: 1s, points: {{flow: {{holding: 0}}}}}}
  scale: {{bus: serial, unit: 3, every: 1s, points: {{mass: {{holding: 0}}}}}}
destinations:
  centre: {{mqtt: "tcp://127.0.0.1:{broker}", user: gw, password: "{password}"}}
  old: {{mqtt: "tcp://127.0.0.1:{broker}", version: 3.1.1, client-id: old, user: gw, password: "{password}"}}
  secret: {{mqtt: "tls://127.0.0.1:{dead}", user: gw, password: "{password}"}}
  nowhere: {{mqtt: "tcp://no-such-host.invalid:1883"}}
"""
VERBS = ("help", "status", "alarms", "headroom", "buses", "key", "configuration", "versions",
         "files", "diagnostics")


def serial_port(lab):
    tty = lab.path("tty")
    lab.start("socat", ["/usr/bin/socat", f"PTY,link={tty},raw,echo=0", "PTY,raw,echo=0"])
    return wait_for(lambda: os.path.exists(tty) and tty, 10, "socat makes a serial port")


def look(gateway, path, when):
    pid = gateway.child.pid
    offered = sockets.offers(pid)
    check(not offered, f"{when}: {', '.join(offered)}")
    found = sockets.unix_listeners(pid)
    check(found == [path], f"{when}: Unix sockets that accept: {found}")
    open_files = sockets.open_to_others(gateway.state)
    check(not open_files, f"{when}: {', '.join(open_files)}")


def secrets_of(gateway):
    """What must not be found anywhere but in its own file."""
    secrets = [PASSWORD.encode()]
    key = os.path.join(gateway.state, "key.pem")
    with open(key, "rb") as file:
        body = [line for line in file.read().splitlines() if not line.startswith(b"-----")]
    der = subprocess.run(["openssl", "pkey", "-in", key, "-outform", "DER"], check=True,
                         capture_output=True).stdout
    return secrets + body + [der[-32:], der[-32:].hex().encode()]


def check_secrets(lab, gateway, secrets, kept):
    for folder, _, files in os.walk(lab.directory):
        for name in files:
            path = os.path.join(folder, name)
            if path in kept or not os.path.isfile(path):
                continue
            with open(path, "rb") as file:
                content = file.read()
            for i, secret in enumerate(secrets):
                check(secret not in content,
                      f"secret {i} stands in {os.path.relpath(path, lab.directory)}")


def case(lab):
    os.umask(0o022)
    broker, slave = Broker(lab), Slave(lab, {"holding": {0: [1]}})
    receiver = Receiver(lab, broker.port)
    password = lab.path("password")
    with open(os.open(password, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
        file.write(PASSWORD + "\n")
    gateway = Gateway(lab, SITE.format(slave=slave.port, broker=broker.port, dead=free_port(),
                                       tty=serial_port(lab), password=password))
    os.rmdir(gateway.state)  # the daemon makes it
    gateway.start()
    path = os.path.join(gateway.state, "control.sock")
    wait_for(lambda: len(receiver.take().of("trend")) >= 3, 30, "records arrive")
    look(gateway, path, "with all up")

    answers = lab.path("answers")
    with open(answers, "wb") as file:
        for verb in VERBS:
            file.write(sockets.ask(path, b'{"verb":"%s"}' % verb.encode(), 20 * SLACK))
    check(b'"status"' in read(answers).encode(), "the socket answers")
    broker.stop()
    wait_for(lambda: "not connected" in gateway.log() or "lost" in gateway.log(), 30, "broker away")
    look(gateway, path, "without a broker")
    broker.start()
    before = len(gateway.log())
    gateway.write(read(gateway.file).replace("every: 200ms", "every: 300ms"))
    gateway.reload()
    gateway.wait_log("site file changed", 20, before)
    sent = len(receiver.take().of("trend"))
    wait_for(lambda: len(receiver.take().of("trend")) > sent, 60, "records arrive after the reload")
    look(gateway, path, "after a reload")

    with open(lab.path("records"), "w") as file:
        file.write(gateway.ctl("records", gateway.store).stdout)
    gateway.stop()
    open_files = sockets.open_to_others(gateway.state)
    check(not open_files, f"after the end: {', '.join(open_files)}")
    check_secrets(lab, gateway, secrets_of(gateway),
                  {password, os.path.join(gateway.state, "key.pem")})
    print(f"no offer at {len(gateway.log().splitlines())} lines of log", file=sys.stderr)


run_case(case)
