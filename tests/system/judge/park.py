#!/usr/bin/python3
"""The whole pretend park (sim/park.yaml) under parksim: what the gateway corrects agrees with what the
simulated analyser corrects; an exceedance of the corrected value, a bypass with its mass, a treatment that
does not run, results of waste water once each."""
import os
import re
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "sim"))
sys.path.insert(0, os.path.join(HERE, "..", ".."))
from lab.broker import Broker  # noqa: E402
from lab.case import check, run_case  # noqa: E402
from lab.gateway import Gateway  # noqa: E402
from lab.processes import ROOT, program, wait_for  # noqa: E402
from lab.receiver import Receiver  # noqa: E402
from simulator import Simulator  # noqa: E402


def site_of(simulator, broker):
    """sim/park.yaml with the addresses that parksim and the broker really have."""
    with open(os.path.join(ROOT, "sim", "park.yaml")) as file:
        site = file.read()
    for name, address in simulator.buses.items():
        kind, where = next(iter(address.items()))
        site = re.sub(rf'^(  {name}: \{{{kind}: )("[^"]*"|[^,}}]*)', rf'\g<1>"{where}"', site,
                      flags=re.M)
    return re.sub(r'mqtt: "[^"]*"', f'mqtt: "tcp://127.0.0.1:{broker.port}"', site)


def newest(receiver, device):
    return [scan for scan in receiver.take().of("sample") + receiver.of("trend")
            if scan["device"] == device]


def corrected(receiver):
    """Beside each other: the gateway's own correction, and the analyser's."""
    wait_for(lambda: len(newest(receiver, "boiler-3")) > 6, 30, "derived scans")
    read = {scan["t"]: scan for scan in newest(receiver, "cems")}
    pairs = [(scan, read[scan["t"]]) for scan in newest(receiver, "boiler-3") if scan["t"] in read
             and scan.get("so2-corrected") is not None and "quality" not in scan]
    check(len(pairs) > 3, "the same moments")
    for made, raw in pairs:
        for name in ("so2", "nox"):  # the analyser shows tenths, of oxygen hundredths
            check(abs(made[f"{name}-corrected"] - raw[f"{name}-corrected"]) < 0.2, f"{made} {raw}")


def paint_line(simulator, receiver):
    simulator.set("voc.bypass", 1)
    wait_for(lambda: receiver.take().events("bypass.open", "opened"), 20, "the bypass opens")
    time.sleep(4)
    simulator.set("voc.bypass", 0)
    closed = wait_for(lambda: receiver.take().events("bypass.open", "closed"), 20, "it shuts")[0]
    mass = closed["details"]["mass_kg_nmhc"]
    # about 600 mg/m3 x 12,600 m3/h when wide open; less while the damper moves
    most = 0.7 * 18000 * 700e-6 / 3600e3 * closed["duration_ms"]
    check(0.3 * most < mass < most and closed["details"]["flow_max"] > 10000, f"{closed}")
    simulator.set("voc.fan", 0)
    wait_for(lambda: [event for event in receiver.take().events("treatment.off")
                      if event["severity"] == "alarm"], 30, "production without treatment")
    simulator.set("voc.fan", 1)
    wait_for(lambda: receiver.take().events("treatment.off", "closed"), 30, "it runs again")


def outfall(receiver):
    def results():
        return [scan for scan in newest(receiver, "outfall") if scan.get("cod") is not None]
    wait_for(lambda: len(results()) >= 2, 130, "two results of a minute's cycle")
    times = [scan["t"] // 60000 for scan in results()]
    check(len(set(times)) == len(times), f"a result counts once: {times}")
    check(all(15 < scan["cod"] < 45 for scan in results()), f"{results()}")


def case(lab):
    broker = Broker(lab)
    receiver = Receiver(lab, broker.port)
    with Simulator(program("parksim")) as simulator:
        gateway = Gateway(lab, site_of(simulator, broker)).start()
        corrected(receiver)
        simulator.set("boiler.desulphurisation", 0.965)
        opened = wait_for(lambda: receiver.take().events("exceedance.realtime", "opened"), 30,
                          "the corrected value is exceeded")[0]
        check(opened["subject"] == "boiler-3.so2-corrected" and opened["value"] > 35, f"{opened}")
        simulator.set("boiler.desulphurisation", 0.986)
        wait_for(lambda: receiver.take().events("exceedance.realtime", "closed"), 30, "it is kept")
        paint_line(simulator, receiver)
        outfall(receiver)
        gateway.stop()
    receiver.wait_all(gateway.records())
    for verb in ("books", "verify"):
        done = gateway.ctl(verb, gateway.store)
        check(done.returncode == 0, f"{verb}: {done.stdout}{done.stderr}")


run_case(case)
