"""The store: how small, how much is written, how fast it is read and sent.

storefill (storefill.c) puts into a store what parksim's park would have shown, in virtual time,
through the daemon's own append, commit, packing and merging. At rest: the park of sim/park.yaml, one
scan a second with 5 ms of jitter. Written: 24 such parks, 1,056 values a second, one commit a second;
what the block device was given meanwhile, also by others: a quiet machine is assumed. Drain: the same
store to a local broker. Query: one point of a month.
"""
import json
import os
import re
import subprocess
import sys
import threading
import time

import paho.mqtt.client as mqtt

from bench.load import EVENT_ADDRESS, EVENT_LIMIT, Load, parkgate
from lab.broker import Broker
from lab.gateway import Gateway
from lab.processes import Failure, Lab, program, read, wait_for

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PARKS = 24
RTO = {
    "chamber-temperature": {"holding": 100, "type": "float32", "unit": "degC"},
    "lel": {"holding": 102, "type": "float32", "unit": "%LEL"},
    "nmhc-inlet": {"holding": 104, "type": "float32", "unit": "mg/m3"},
    "nmhc": {"holding": 106, "type": "float32", "unit": "mg/m3"},
    "fan-power": {"input": 40, "type": "u16", "scale": 0.1, "unit": "kW"},
    "bypass-flow": {"input": 42, "type": "u16", "unit": "m3/h"},
}


def _site(every="1s", broker=None, slave=None):
    devices = {}
    for park in range(PARKS):
        maps = ("cems-generic-float", "acrel-adw300", "cod-nh3n-generic")
        for i, name in enumerate(("cems", "meter", "effluent")):
            devices[f"{name}-{park}"] = {"bus": "line", "unit": 4 * park + i + 1, "map": maps[i],
                                         "every": every}
        devices[f"rto-{park}"] = {"bus": "line", "unit": 4 * park + 4, "every": every,
                                  "points": RTO}
    site = {"gateway": {"park": "bench", "name": "bench"},
            "buses": {"line": {"tcp": "127.0.0.1:1"}}, "devices": devices,
            "store": {"max-size": "20 GiB"}}
    if broker:
        site["destinations"] = {"centre": {
            "mqtt": f"tcp://127.0.0.1:{broker}", "streams": ["event", "trend"],
            "window": 64, "max-payload": "256 KiB"}}
        site["buses"]["beside"] = {"tcp": f"127.0.0.1:{slave}"}
        so2 = {"holding": EVENT_ADDRESS, "type": "float32", "unit": "mg/m3"}
        devices["stack"] = {"bus": "beside", "unit": 1, "every": "100ms", "points": {"so2": so2}}
        site["assets"] = {"stack": {"kind": "generic", "from": "stack", "limits": {
            "so2": {"at-most": f"{EVENT_LIMIT} mg/m3", "averaging": "instant"}}}}
    return json.dumps(site, indent=1) + "\n"


def _fill(directory, site, seconds, *options):
    os.makedirs(directory, exist_ok=True)
    done = subprocess.run([program("storefill"), *options, directory, site, str(seconds)],
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(done.stderr.strip()[-300:])
    filled = json.loads(done.stdout)
    chain = re.search(r"chain: ([\d.]+) ns", done.stderr)
    filled["chain_ns"] = float(chain.group(1)) if chain else None
    print(f"storefill {' '.join(options)} {seconds} s: {filled}", file=sys.stderr)
    return filled


def _device_bytes(path):
    """Bytes the block device under the path was given so far."""
    device = os.stat(path).st_dev
    with open(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/stat") as file:
        return int(file.read().split()[6]) * 512


def _at_rest(lab, seconds):
    directory = lab.path("rest")
    filled = _fill(directory, os.path.join(ROOT, "sim", "park.yaml"), seconds)
    return os.path.getsize(os.path.join(directory, "parkgate.db")) / filled["samples"]


def _written(lab, site, seconds):
    directory = lab.path("written")
    os.makedirs(directory)
    os.sync()
    before = _device_bytes(directory)
    filled = _fill(directory, site, seconds, "--parks", str(PARKS), "--chain")
    os.sync()
    filled["device"] = (_device_bytes(directory) - before) / filled["samples"]
    filled["process"] = filled["write_bytes"] / filled["samples"]
    filled["directory"] = directory
    return filled


class Watch:
    """Counts the records of the backlog that have come, and sees when events come."""

    FIRST, LAST = re.compile(rb'"first":(\d+)'), re.compile(rb'"last":(\d+)')

    def __init__(self, port, head):
        self.head, self.count, self.began = head, 0, None
        self.events, self.bytes, self.lock = [], 0, threading.Lock()
        self.client = mqtt.Client(client_id="watch", clean_session=True)
        self.client.on_message = self._take
        self.client.connect("127.0.0.1", port)
        self.client.subscribe("parkgate/#", 1)
        self.client.loop_start()

    def _take(self, _client, _data, message):
        now = time.monotonic()
        with self.lock:
            if message.topic.endswith("/events"):
                told = [record["t"] for record in json.loads(message.payload)["records"]
                        if record.get("kind") == "exceedance.realtime" and "phase" in record]
                self.events += [(now, time.time() - t / 1000) for t in told]
            elif message.topic.endswith("/samples"):
                first = int(self.FIRST.search(message.payload).group(1))
                last = int(self.LAST.findall(message.payload[-65536:])[-1])
                if last > self.head:
                    return  # live
                self.began = self.began or now
                self.count += last - first + 1
                self.bytes += len(message.payload)

    def stop(self):
        self.client.loop_stop()


def _drain(lab, filled):
    """Samples a second from the first to the last of the backlog, and how late an event was."""
    broker = Broker(lab)
    database = os.path.join(filled["directory"], "parkgate.db")
    head = int(subprocess.run(["sqlite3", database, "SELECT last FROM heads WHERE stream=6"],
                              capture_output=True, text=True).stdout)
    watch = Watch(broker.port, head)
    sim = lab.start("mbsim", [program("mbsim"), "--devices", "1", "--epoch",
                              str(time.monotonic_ns())])
    slave = json.loads(wait_for(lambda: read(sim.output), 5, "mbsim listens"))["ports"][0]
    gateway = Gateway(lab, _site("1h", broker.port, slave), name="drain",
                      state=filled["directory"])
    gateway.start()
    wait_for(lambda: watch.count >= head, 600, "the backlog is through")
    ended = time.monotonic()
    watch.stop()
    gateway.stop()
    spent = ended - watch.began
    ages = [age for then, age in watch.events if watch.began <= then <= ended]
    print(f"drained {watch.count} of {head} records in {spent:.2f} s, {watch.bytes >> 20} MiB; "
          f"{len(ages)} events meanwhile, at most {max(ages, default=0):.3f} s old", file=sys.stderr)
    return {"rate": filled["samples"] / spent, "event_s": max(ages, default=None)}


def _query(lab, days):
    """Milliseconds for every value of one point."""
    directory = lab.path("query")
    filled = _fill(directory, os.path.join(ROOT, "sim", "park.yaml"), days * 86400,
                   "--commit", "60")
    begun = time.monotonic()
    done = subprocess.run([program("parkgatectl"), "history", "cems.so2", "--csv", "--from",
                           "2026-01-01", "--to", "2027-01-01", "--store",
                           os.path.join(directory, "parkgate.db")], capture_output=True)
    spent_ms = (time.monotonic() - begun) * 1000
    rows = done.stdout.count(b"\n") - 1
    print(f"{rows} rows of {filled['samples']} samples in {spent_ms:.0f} ms", file=sys.stderr)
    if done.returncode != 0 or rows < days * 86400:
        raise Failure(f"history gave {rows} rows: {done.stderr[-200:]}")
    return spent_ms


def _chain_share(chain_ns, seconds):
    """The chain's part of the daemon's CPU at 10,000 values a second."""
    with Load(50, 200, [(5, 5 + seconds)]) as load:
        load.start(parkgate)
        load.sleep_until(5)
        before, _ = load.cost()
        load.sleep_until(5 + seconds)
        after, _ = load.cost()
        return chain_ns * load.due() / 1e9 / (after - before)


def _try(what, measure, *arguments):
    try:
        return measure(*arguments)
    except (Failure, OSError, KeyError, ValueError, ZeroDivisionError) as reason:
        print(f"{what} could not be measured: {reason}", file=sys.stderr)
        return None


def _rounded(value, digits=3):
    return None if value is None else round(value, digits)


def figures(quick):
    """(figure, value, unit), as they become known."""
    with Lab() as lab:
        site = lab.path("parks.yaml")
        with open(site, "w") as file:
            file.write(_site())
        yield "at_rest_bytes_per_sample", _rounded(_try(
            "the size at rest", _at_rest, lab, 1800 if quick else 21600)), "B"
        written = _try("what is written", _written, lab, site, 600 if quick else 21600) or {}
        yield "written_bytes_per_sample", _rounded(written.get("device"), 2), "B"
        yield "process_written_bytes_per_sample", _rounded(written.get("process"), 2), "B"
        yield "append_ns_per_sample", written and _rounded(
            written["cpu_s"] / written["samples"] * 1e9, 0), "ns"
        yield "store_pause_ms_max", written and max(written["commit_ms_max"],
                                                    written["pause_ms_max"]), "ms"
        drained = written and _try("the drain", _drain, lab, written) or {}
        yield "drain_samples_per_s", _rounded(drained.get("rate"), 0), "samples/s"
        yield "drain_event_age_max_s", _rounded(drained.get("event_s")), "s"
        days = 2 if quick else 30
        yield f"query_{days}d_ms", _rounded(_try("a query", _query, lab, days), 0), "ms"
        share = written.get("chain_ns") and _try("the chain's share", _chain_share,
                                                 written["chain_ns"], 5 if quick else 20)
        yield "chain_cpu_share", _rounded(share), "ratio"
