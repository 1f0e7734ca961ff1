"""The story of ./run: starts a broker, a pretend park and the gateway, tells in the terminal what
happens, and at the end compares what the store holds with what the centre received. With --site and
--broker it tells the story of a real site instead. Started by ./run with the system's python3."""
import argparse
import math
import os
import queue
import shutil
import signal
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import players
import telling
from receiver import DATA_STREAMS, Receiver

OUTAGE_AT_S, OUTAGE_FOR_S, ROUND_S = 42, 20, 180
VALUES_EVERY_S = 5
DRAIN_S = 60
LAST_S = 5


class Stopped(Exception):
    pass


def parse_arguments():
    parser = argparse.ArgumentParser(
        prog="./run",
        description="Shows parkgate at work: on a pretend park, or on a site of yours.")
    parser.add_argument("--for", dest="seconds", type=float, metavar="SECONDS",
                        help="end by itself; the exit status is 0 only when nothing was lost")
    parser.add_argument("--site", metavar="FILE", help="a real site instead of the pretend park")
    parser.add_argument("--broker", metavar="URL",
                        help="the broker to listen to: tcp://[USER:PASSWORD@]HOST[:PORT]")
    parser.add_argument("--state", metavar="DIR", help="where the store of --site lives")
    parser.add_argument("--build", default="build", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if (arguments.site is None) != (arguments.broker is None):
        parser.error("--site and --broker belong together")
    return arguments


class Story:
    def __init__(self, arguments, directory):
        self.arguments = arguments
        self.directory = directory
        self.troupe = players.Troupe(arguments.build, directory)
        self.receiver = None
        self.broker = None
        self.teller = telling.Teller()
        self.outage_began = self.outage_ended = None
        self.backlog_base = 0
        self.live_told = True
        self.events = {}

    # --- beginning ---

    def start_pretend_park(self):
        self.broker = self.troupe.start_broker()
        site, buses = self.troupe.start_park(self.broker.port)
        for name, address in buses.items():
            kind, where = next(iter(address.items()))
            self.teller.say(f"parksim plays bus {name}: {kind} {where}")
        self.teller.say(f"mosquitto listens on 127.0.0.1:{self.broker.port}")
        self.receiver = Receiver(f"tcp://127.0.0.1:{self.broker.port}", lasting=True)
        self.wait_for(lambda: self.take_news() or self.teller.linked, 10, "the broker")
        self.troupe.start_gateway(site, os.path.join(self.directory, "state"))

    def start_real_site(self):
        state = self.arguments.state or players.usual_state_directory()
        os.makedirs(state, exist_ok=True)
        self.receiver = Receiver(self.arguments.broker, lasting=False)
        self.wait_for(lambda: self.take_news() or self.teller.linked, 10, "the broker")
        self.teller.say(f"listening to {self.arguments.broker}; the store is in {state}")
        self.troupe.start_gateway(self.arguments.site, state)

    def start(self):
        if self.arguments.site:
            self.start_real_site()
        else:
            self.start_pretend_park()

    # --- going on ---

    def wait_for(self, condition, within_s, what):
        deadline = time.monotonic() + within_s
        while not condition():
            if time.monotonic() > deadline:
                raise Stopped(f"{what} did not answer within {within_s} s")
            time.sleep(0.05)

    def take_news(self):
        """Tells what arrived since the last call."""
        while True:
            try:
                kind, news = self.receiver.news.get_nowait()
            except queue.Empty:
                return
            if kind == "event":
                self.events.setdefault(news["kind"], {}).setdefault(news["phase"], set())
                self.events[news["kind"]][news["phase"]].add(news["id"])
                self.teller.event(news, self.receiver.pages)
            elif kind == "status":
                self.teller.status(news)
            else:
                self.teller.linked = news

    def play_outage(self, elapsed_s):
        """The broker goes away in each round for a while, if there is time for it to come back."""
        if self.broker is None:
            return
        at_s = elapsed_s % ROUND_S
        until_s = self.arguments.seconds or math.inf
        room = elapsed_s - at_s + OUTAGE_AT_S + OUTAGE_FOR_S + 10 <= until_s
        if self.outage_began is None and room and OUTAGE_AT_S <= at_s < OUTAGE_AT_S + OUTAGE_FOR_S:
            self.broker.stop()
            self.outage_began = time.time()
            self.teller.outage(f"The broker is gone (SIGTERM), for {OUTAGE_FOR_S} s. The gateway "
                               "goes on reading, judging, storing.")
        elif self.outage_began is not None and time.time() - self.outage_began >= OUTAGE_FOR_S:
            self.outage_ended = (self.outage_began, time.time())
            self.outage_began = None
            self.live_told = False
            self.backlog_base = self.receiver.records()
            self.broker.start()
            self.teller.outage("The broker is back.")

    def follow_backlog(self):
        if self.outage_ended is None:
            return
        back = self.outage_ended[1]
        if not self.live_told and self.receiver.newest_t_ms / 1000 > back - 1:
            self.live_told = True
            self.teller.say(f"live values again, {time.time() - back:.1f} s after the broker's "
                            "return")
        if self.live_told and self.receiver.holes() == 0:
            arrived = self.receiver.records() - self.backlog_base
            self.teller.outage(f"The backlog has arrived: {arrived} records since the broker's "
                               f"return, no hole left, {time.time() - back:.1f} s after it.")
            self.outage_ended = None

    def check_players(self):
        dead = self.troupe.find_dead()
        if dead:
            raise Stopped(dead)

    def go_on(self):
        start = time.monotonic()
        next_values = start + 3
        while True:
            elapsed_s = time.monotonic() - start
            if self.arguments.seconds and elapsed_s >= self.arguments.seconds:
                return
            self.take_news()
            for line in self.troupe.take_log():
                self.teller.log(line)
            self.play_outage(elapsed_s)
            self.follow_backlog()
            self.check_players()
            if time.monotonic() >= next_values:
                next_values += VALUES_EVERY_S
                if self.outage_began is None and self.live_told:
                    self.teller.values(self.receiver)
            time.sleep(0.05)

    # --- the end ---

    def drain(self):
        """Waits until the centre has what was queued."""
        if self.broker is not None and self.outage_began is not None:
            self.broker.start()
            self.outage_began = None
        deadline = time.monotonic() + DRAIN_S
        while time.monotonic() < deadline:
            self.take_news()
            fresh = time.time() - self.receiver.newest_t_ms / 1000 < 5
            if self.receiver.holes() == 0 and (fresh or self.broker is None):
                return
            time.sleep(0.05)
        self.teller.outage(f"the backlog is not through after {DRAIN_S} s")

    def settle(self):
        """The accounts as they stand; records stored before we listened are not our business."""
        accounts = telling.Accounts(self.receiver)
        for stream in DATA_STREAMS:
            first = min((key[2] for key in accounts.arrived if key[1] == stream), default=1)
            for key, record in self.troupe.read_store(stream, first if self.broker is None else 1):
                accounts.take_stored(key, record)
        accounts.queued = self.troupe.read_queued()
        return accounts

    def finish(self):
        """Stops the gateway and settles the accounts; true when nothing was lost."""
        self.drain()
        clean = self.troupe.stop_gateway()
        accounts = self.settle()
        deadline = time.monotonic() + LAST_S
        while accounts.total(DATA_STREAMS)[3] > 0 and time.monotonic() < deadline:
            time.sleep(0.5)  # the last messages may still be on their way
            accounts = self.settle()
        self.take_news()
        for line in self.troupe.take_last_log():
            self.teller.log(line)
        self.teller.table(accounts, self.events, DATA_STREAMS, self.receiver)
        if not clean:
            self.teller.bad("parkgated did not stop cleanly")
        return clean and accounts.nothing_lost(DATA_STREAMS)

    def close(self):
        if self.receiver is not None:
            self.receiver.stop()
        self.troupe.stop_all()


def on_signal(_number, _frame):
    raise KeyboardInterrupt


def main():
    arguments = parse_arguments()
    directory = tempfile.mkdtemp(prefix="parkgate-run-")
    story = Story(arguments, directory)
    good = False
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    try:
        try:
            story.start()
            story.go_on()
        except KeyboardInterrupt:
            story.teller.say("stopping: the backlog drains, then the accounts")
        good = story.finish()
    except (Stopped, OSError) as reason:
        story.teller.bad(str(reason))
        for line in story.troupe.take_last_log():
            story.teller.log(line)
    except KeyboardInterrupt:
        story.teller.bad("interrupted")
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        story.close()
        shutil.rmtree(directory, ignore_errors=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
