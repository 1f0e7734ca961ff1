"""The words of the story: values, events in Chinese and English (the product's glossary), and the
accounts at the end."""
import os
import sys
import time

from receiver import count_values, digest

GLOSSARY = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "docs",
                        "event-kinds.md")
PHASES = {"opened": "开始 OPENED", "updated": "更新 updated", "closed": "结束 CLOSED",
          "noted": "记录 noted"}
COLOURS = {"opened": "1;31", "updated": "33", "closed": "1;32", "noted": "36"}
SHOWN_POINTS = 7
SHOWN_HEADROOM = 2


def read_kinds():
    """kind -> (title in Chinese, in English), from the glossary's table."""
    with open(GLOSSARY, encoding="utf-8") as file:
        rows = [[cell.strip() for cell in line.split("|")] for line in file
                if line.startswith("|")]
    return {row[1]: (row[2], row[3]) for row in rows if len(row) > 3}


def number(value):
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 10000 else f"{value:.0f}"
    return str(value)


class Teller:
    def __init__(self):
        self.colour = sys.stdout.isatty()
        self.kinds = read_kinds()
        self.linked = False
        self.last_status = None

    def _print(self, text, colour=None):
        if colour and self.colour:
            text = f"\033[{colour}m{text}\033[0m"
        print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)

    def say(self, text):
        self._print(text)

    def outage(self, text):
        self._print("=== " + text, "1;35")

    def bad(self, text):
        self._print("!!! " + text, "1;31")

    def log(self, line):
        self._print("    " + line, "2")

    def status(self, page):
        if page.get("status") != self.last_status:
            self.last_status = page.get("status")
            self._print(f"gateway {page.get('park')}/{page.get('name')} is {self.last_status}, "
                        f"version {page.get('version')}")

    def values(self, receiver):
        shown = []
        for point in chosen_points(receiver.pages, receiver.values):
            _, value, quality = receiver.values.get((point["device"], point["name"]),
                                                    (0, None, None))
            text = ("yes" if value else "no") if point.get("type") == "bool" else number(value)
            unit = point.get("unit")
            shown.append(f"{point['name']} {text}" + (f" {unit}" if unit and value is not None
                         else "") + (f" ({quality})" if quality else ""))
        self._print("  |  ".join(shown) if shown else "no values yet")
        steered = [limit for limit in headroom(receiver.pages, ("hour",))
                   if limit["point"].endswith("-corrected")]
        for limit in steered[:SHOWN_HEADROOM]:
            self._print(f"    {limit['device']}.{limit['point']} {value_now(limit, receiver)}; this "
                        f"hour {number(limit['mean'])} of {number(limit['limit'])} "
                        f"{limit['unit']}, the rest may average {rest(limit)}", "2")

    def event(self, event, pages):
        unit = next((" " + point["unit"] for point in points_of(pages)
                     if f"{point['device']}.{point['name']}" == event.get("point")), "")
        phase = event["phase"]
        zh, en = self.kinds.get(event["kind"], ("", event["kind"]))
        text = f"{PHASES.get(phase, phase)}  {event['kind']}  {zh} / {en}: {event['subject']}"
        if event.get("limit") is not None:
            shown = event.get("peak") if phase == "closed" else event.get("value")
            text += f"  {'peak ' if phase == 'closed' else ''}{number(shown)}, limit " \
                    f"{number(event['limit'])}{unit}"
        if phase == "closed" and event.get("duration_ms") is not None:
            text += f", after {event['duration_ms'] / 1000:.1f} s"
            text += "".join(f", {mass:.3g} kg {name.removeprefix('mass_kg_')} past the treatment"
                            for name, mass in (event.get("details") or {}).items()
                            if name.startswith("mass_kg_"))
        late_s = time.time() - event["t"] / 1000 if event.get("t") else 0
        if late_s > 3:
            text += f"  [arrived {late_s:.0f} s later]"
        self._print(text, COLOURS.get(phase))

    def table(self, accounts, events, streams, receiver):
        print()
        print("Events by kind" + " " * 46 + "opened  closed   noted")
        for kind in sorted(events):
            zh, en = self.kinds.get(kind, ("", kind))
            counts = [len(events[kind].get(phase, ())) for phase in ("opened", "closed", "noted")]
            name = pad(f"  {kind}  {zh} / {en}", 60)
            print(name + "".join(f"{count or '':>8}" for count in counts))
        print()
        self._headroom(receiver)
        print("Records by stream" + "".join(f"{head:>12}" for head in
              ("stored", "delivered", "waiting", "lost", "duplicated")))
        for stream in streams:
            print(f"  {stream:<15}" + "".join(f"{n:>12}" for n in accounts.row(stream)))
        print(f"  {'all':<15}" + "".join(f"{n:>12}" for n in accounts.total(streams)))
        print()
        print(f"Values: {accounts.stored_values} stored, {accounts.delivered_values} delivered, "
              f"{accounts.missing_values} not yet")
        print(accounts.own_books())
        if accounts.total(streams)[2]:
            print("Waiting records were stored at the very end; they go out at the next start.")
        if accounts.conflicts:
            self.bad(f"{accounts.conflicts} records arrived twice with different content")
        print("Nothing was lost." if accounts.nothing_lost(streams) else "NOT IN ORDER.")
        sys.stdout.flush()


    def _headroom(self, receiver):
        """Where the open periods stood in the end: what the rest of each might average at most."""
        limits = headroom(receiver.pages, ("hour", "day"))
        if not limits:
            return
        print("Open periods 余量" + " " * 24 + "".join(f"{head:>12}" for head in (
            "value now", "mean", "limit", "share", "rest may be")))
        for limit in limits:
            name = pad(f"  {limit['subject']}  {limit['averaging']}", 41)
            share = "-" if limit["share"] is None else f"{100 * limit['share']:.0f} %"
            cells = (value_now(limit, receiver), number(limit["mean"]), number(limit["limit"]),
                     share, rest(limit))
            print(name + "".join(f"{cell:>12}" for cell in cells) + f"  {limit['unit']}")
        print()


def headroom(pages, averagings):
    """Of the retained page: the permit limits and targets of these averagings that have a mean."""
    return [limit for limit in (pages.get("headroom") or {}).get("limits", [])
            if limit["averaging"] in averagings and limit["mean"] is not None]


def value_now(limit, receiver):
    _, value, quality = receiver.values.get((limit["device"], limit["point"]), (0, None, None))
    return number(value) + (f" ({quality})" if quality else "")


def rest(limit):
    return "lost" if limit["lost"] else number(limit["rest"])


def pad(text, width):
    """Chinese characters take two columns."""
    return text + " " * max(1, width - sum(2 if ord(c) > 0x2E7F else 1 for c in text))


def points_of(pages):
    return (pages.get("catalog/points") or {}).get("points", [])


def chosen_points(pages, values):
    """The points that limits (instant ones first) and conditions look at, from the retained
    catalogue; without it, the first ones that have a value."""
    points = {point["number"]: point for point in points_of(pages)}
    limits = (pages.get("catalog/limits") or {}).get("limits", [])
    assets = (pages.get("catalog/assets") or {}).get("assets", [])
    numbers = [limit["point"] for limit in limits if limit.get("averaging") == "instant"]
    numbers += [asset[key]["point"] for asset in assets for key in ("bypass_open", "treatment")
                if key in asset]
    numbers += [limit["point"] for limit in limits]
    chosen = [points[n] for n in dict.fromkeys(numbers) if n in points]
    if not chosen:
        chosen = [{"device": device, "name": point} for device, point in sorted(values)]
    return chosen[:SHOWN_POINTS]


class Accounts:
    """What the store holds against what the centre received, by key."""

    def __init__(self, receiver):
        self.streams = receiver.streams
        self.arrived = receiver.take_arrived()
        self.counts = {}  # stream -> records stored, of them missing
        self.stored_values = self.missing_values = 0
        self.delivered_values = sum(stream.values for stream in self.streams.values())
        self.queued = {}
        self.conflicts = sum(stream.conflicts for stream in self.streams.values())
        self.health = receiver.pages.get("health") or {}

    def take_stored(self, key, record):
        counts = self.counts.setdefault(key[1], [0, 0])
        counts[0] += 1
        self.stored_values += count_values(record)
        if key not in self.arrived:
            counts[1] += 1
            self.missing_values += count_values(record)
        elif self.arrived[key] != digest(record):
            self.conflicts += 1

    def row(self, stream):
        """stored, delivered, waiting, lost, duplicated"""
        stored, missing = self.counts.get(stream, (0, 0))
        waiting = min(missing, self.queued.get(stream, 0))
        mine = [one for (_, name), one in self.streams.items() if name == stream]
        return (stored, sum(len(one.digests) for one in mine), waiting, missing - waiting,
                sum(one.duplicates for one in mine))

    def total(self, streams):
        return [sum(column) for column in zip(*map(self.row, streams))]

    def own_books(self):
        """What the gateway said of itself last, in its health page."""
        books = self.health.get("books")
        if not books or not self.health.get("t"):
            return "The gateway has published no books yet."
        age_s = time.time() - self.health["t"] / 1000
        stored = sum(stream["values"] for stream in books["stored"].values())
        return (f"Its own books {age_s:.0f} s ago: {books['read_values']} values read, {stored} "
                f"stored, {books['dropped_values']} dropped, {books['lost_values']} lost")

    def nothing_lost(self, streams):
        stored, delivered, _, lost, _ = self.total(streams)
        return lost == 0 and self.conflicts == 0 and stored > 0 and delivered > 0
