"""The whole way, from a register to the receiver.

W1: 10 devices of 100 float32 a second. W2: 50 of 200. W4: W1 with the broker gone for a minute.
The floor (cfloor.c) runs W2 in the same session. For the latency of events, W1 and one device more
whose register changes in the moment it is read.
"""
import sys

from bench.load import Load, floor, parkgate
from lab.processes import Failure

WARM_S = 8


def _report(load, name, received, cpu):
    window = received["windows"][0]
    print(f"{name}: {window['values']} of {load.due()} values, {cpu:.2f} s CPU, "
          f"{received['duplicates']} duplicates, {received['malformed']} malformed, "
          f"age p50 {window.get('p50_ms')} ms, p99 {window.get('p99_ms')} ms", file=sys.stderr)


def _steady(name, devices, tags, peer, seconds):
    """A window of a steady load: delivered ratio, CPU a million values, memory, age."""
    with Load(devices, tags, [(WARM_S, WARM_S + seconds)]) as load:
        load.start(peer)
        load.sleep_until(WARM_S)
        before, _ = load.cost()
        load.sleep_until(WARM_S + seconds)
        after, rss_mb = load.cost()
        received = load.drain(5)
        _report(load, name, received, after - before)
        values = received["windows"][0]["values"]
        if values == 0:
            raise Failure("no value arrived")
        return {"ratio": round(values / load.due(), 5), "rss_mb": round(rss_mb, 2),
                "cpu": (after - before) / values * 1e6,
                "age_ms": received["windows"][0]["p99_ms"]}


def _outage(outage_s, after_s):
    """The broker goes away and comes back: what arrives of all that was read meanwhile."""
    gone_s = WARM_S + 8.5  # between two polls of a second
    end_s = WARM_S + 8 + outage_s + after_s
    with Load(10, 100, [(WARM_S, end_s)]) as load:
        load.start(parkgate)
        load.sleep_until(gone_s)
        load.broker.stop()
        load.sleep_until(gone_s + outage_s)
        load.broker.start()
        load.sleep_until(end_s)
        cpu, _ = load.cost()
        received = load.drain(30)
        _report(load, "W4", received, cpu)
        return {"ratio": round(received["windows"][0]["values"] / load.due(), 5),
                "duplicates": received["duplicates"]}


def _events(seconds):
    with Load(10, 100, [(WARM_S, WARM_S + seconds)], event_device=True) as load:
        load.start(parkgate)
        load.sleep_until(WARM_S + seconds)
        cpu, _ = load.cost()
        received = load.drain(5)
        _report(load, "events", received, cpu)
        events = received["events"]
        print(f"events: {events}", file=sys.stderr)
        if events["values"] == 0:
            raise Failure("no event arrived")
        return {"p99_ms": events["p99_ms"]}


def _try(what, measure):
    """What was measured, or {} and a sentence."""
    try:
        return measure()
    except (Failure, OSError, KeyError, ValueError) as reason:
        print(f"{what} could not be measured: {reason}", file=sys.stderr)
        return {}


def _rounded(value):
    return None if value is None else round(value, 3)


def figures(quick):
    """(figure, value, unit), as they become known."""
    seconds = 5 if quick else 30
    w1 = _try("W1", lambda: _steady("W1", 10, 100, parkgate, seconds))
    yield "w1_delivered_ratio", w1.get("ratio"), "ratio"
    yield "w1_cpu_s_per_million", _rounded(w1.get("cpu")), "s"
    yield "w1_rss_mb", w1.get("rss_mb"), "MB"
    yield "w1_age_p99_ms", w1.get("age_ms"), "ms"
    base = _try("the floor", lambda: _steady("floor W2", 50, 200, floor, seconds))
    w2 = _try("W2", lambda: _steady("W2", 50, 200, parkgate, seconds))
    ratio = w2["cpu"] / base["cpu"] if w2 and base else None
    yield "w2_cpu_s_per_million", _rounded(w2.get("cpu")), "s"
    yield "w2_cpu_vs_floor", _rounded(ratio), "ratio"
    yield "w2_rss_mb", w2.get("rss_mb"), "MB"
    w4 = _try("W4", lambda: _outage(*((5, 8) if quick else (60, 40))))
    yield "w4_delivered_ratio", w4.get("ratio"), "ratio"
    yield "w4_duplicate_keys", w4.get("duplicates"), "keys"
    events = _try("the latency of events", lambda: _events(seconds))
    yield "event_latency_p99_ms", events.get("p99_ms"), "ms"
