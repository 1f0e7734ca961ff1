#!/usr/bin/python3
"""200 TCP devices are read side by side, whatever others do: one host is a black hole, one refuses,
one name does not resolve."""
import json
import os
import socket
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
from lab.case import check, run_case  # noqa: E402
from lab.gateway import Gateway  # noqa: E402
from lab.processes import free_port, program, read, wait_for  # noqa: E402

COUNT = 200


def black_hole():
    """A listener whose queue is full: connections to it hang, as behind a route that drops."""
    hole = socket.socket()
    hole.bind(("127.0.0.1", 0))
    hole.listen(0)
    filling = [socket.socket() for _ in range(8)]
    for one in filling:
        one.setblocking(False)
        one.connect_ex(hole.getsockname())
    return hole, filling


def site(ports, hole):
    buses = {f"b{i}": {"tcp": f"127.0.0.1:{port}"} for i, port in enumerate(ports)}
    buses["hole"] = {"tcp": f"127.0.0.1:{hole}", "connect-timeout": "60s"}
    buses["refusing"] = {"tcp": f"127.0.0.1:{free_port()}"}
    buses["nameless"] = {"tcp": "no-such-host.invalid"}
    points = {f"p{i}": {"holding": 2 * i, "type": "float32"} for i in range(5)}
    devices = {f"on-{bus}": {"bus": bus, "unit": 1, "every": "500ms", "points": points}
               for bus in buses}
    return json.dumps({"gateway": {"park": "test", "name": "many"}, "buses": buses,
                       "devices": devices,
                       "destinations": {"centre": {"mqtt": "tcp://127.0.0.1:1"}}})


def case(lab):
    sim = lab.start("mbsim", [program("mbsim"), "--devices", str(COUNT)])
    ports = json.loads(wait_for(lambda: read(sim.output), 10, "mbsim listens"))["ports"]
    hole, filling = black_hole()
    gateway = Gateway(lab, site(ports, hole.getsockname()[1])).start()
    socket_path = os.path.join(gateway.state, "control.sock")

    def devices():
        done = gateway.ctl("status", "--json", "--socket", socket_path)
        return json.loads(done.stdout)["devices"] if done.returncode == 0 else []

    def all_read():
        listed = devices()
        return len(listed) == COUNT + 3 and all(
            device["scans"] >= 5 and device["state"] == "online" for device in listed[:COUNT])

    wait_for(all_read, 40, "each of 200 devices is read five times")
    for device in devices()[COUNT:]:
        check(device["answers"] == 0 and device["state"] != "online", f"{device}")
    for one in [hole, *filling]:
        one.close()
    gateway.stop(8)


run_case(case)
