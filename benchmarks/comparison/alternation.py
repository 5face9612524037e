# SPDX-License-Identifier: Apache-2.0
"""Rows over TCP in turns of a second: all their processes live, and those of one row at a time run.

Rows that run one after another, half a minute each, meet a machine of which a host gives now more and now
less, and a JVM that still compiles. Here all are warm, and each meets what the others meet. The kernel counts
what has come (ss(8), bytes_received), so any program can take part; what its protocol adds counts, too.
"""
import contextlib
import os
import re
import signal
import subprocess
import time

from comparison.processes import Measured, Process, processor_seconds, processor_time, stolen_between

ENDLESS = 10**9  # batches
SETTLING = 0.15  # seconds of a turn that do not count
TURN = 0.85  # seconds that do
WARM = 15  # seconds that warming up takes at least
WARMING = 120  # and at most
ENDING = 5  # seconds that a process has to end by itself


class Pair:
    """A sender and a receiver that go on and on, while they are let."""

    def __init__(self, name, row, ports):
        """With none of these ports, which others have."""
        self.name = name
        self.row = row
        self.port = None
        while self.port is None or self.port in ports:
            self.commands = row.commands(ENDLESS)
            self.port = port(self.commands[-1])
        self.processes = []

    def warm_up(self):
        """Starts it, and lets it run until it has had what does not count."""
        for command in self.commands:
            self.processes.append(Process(command))
        start = time.monotonic()
        taken = 0
        while taken < WARM or self.received() < self.row.less * self.row.size:
            taken = time.monotonic() - start
            if taken > WARMING or any(each.process.poll() is not None for each in self.processes):
                raise RuntimeError(f"{self.name}: not warm after {taken:.0f} s: {self.complaints()}")
            time.sleep(0.1)

    def complaints(self):
        told = []
        for each in self.processes:
            each.err.seek(0)
            told.append(each.err.read().strip()[-500:])
        return " | ".join(told)

    def received(self):
        """Bytes, as the kernel counts them, of the direction that has more."""
        ends = f"( sport = :{self.port} or dport = :{self.port} )"
        told = subprocess.run(["ss", "-tinH", ends], capture_output=True, text=True, check=False)
        if told.returncode != 0:
            raise RuntimeError(f"ss ended with {told.returncode}: {told.stderr.strip()}")
        return max(map(int, re.findall(r"bytes_received:(\d+)", told.stdout)), default=0)

    def signal(self, number):
        for each in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(each.process.pid, number)

    def turn(self):
        self.signal(signal.SIGCONT)
        time.sleep(SETTLING)
        before = self.sample()
        time.sleep(TURN)
        after = self.sample()
        self.signal(signal.SIGSTOP)
        gigabytes = (after[1] - before[1]) / 1e9
        if gigabytes <= 0:
            raise RuntimeError(f"{self.name}: nothing came in a turn: {self.complaints()}")
        return Measured(
            gigabytes / (after[0] - before[0]),
            [(b - a) / gigabytes for a, b in zip(before[2], after[2])],
            [peak_memory(each.process.pid) for each in self.processes],
            [SETTLING, SETTLING + TURN],
            self.commands,
            stolen_between(before[3], after[3]),
        )

    def end(self):
        for each in self.processes:
            each.kill()
            each.process.wait()

    def told(self):
        """What it says when it is asked to end, in lines."""
        if any(each.process.poll() is not None for each in self.processes):
            raise RuntimeError(f"{self.name}: ended by itself: {self.complaints()}")
        self.signal(signal.SIGTERM)
        self.signal(signal.SIGCONT)
        for each in self.processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                each.process.wait(ENDING)
        self.end()
        for each in self.processes:
            each.out.seek(0)
        return [line for each in self.processes for line in each.out.read().splitlines()]

    def sample(self):
        spent = [processor_seconds(each.process.pid) for each in self.processes]
        return time.monotonic(), self.received(), spent, processor_time()


def port(command):
    """The port in a command, if there is one."""
    found = [re.search(r"(?:://127\.0\.0\.1|^tcp):(\d+)", argument) for argument in command]
    return next((int(match.group(1)) for match in found if match), None)


def peak_memory(pid):
    """In MB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        found = re.search(r"VmHWM:\s+(\d+)", file.read())
    return int(found.group(1)) * 1024 / 1e6 if found else 0  # of one that has ended


def can_take_turns(row):
    commands = row.commands(1)
    return row.endless and len(commands) == 2 and row.streams == 1 and port(commands[-1]) is not None


class Alternation:
    """The pairs of all rows, warm and stopped."""

    def __init__(self):
        self.pairs = []

    def add(self, name, row):
        pair = Pair(name, row, [each.port for each in self.pairs])
        self.pairs.append(pair)
        try:
            pair.warm_up()
        except RuntimeError:
            self.drop(name)
            raise
        pair.signal(signal.SIGSTOP)

    def turns(self, backwards):
        """Each row's, as a name and what its turn took."""
        for pair in self.pairs[::-1] if backwards else list(self.pairs):
            yield pair.name, pair.turn

    def told(self):
        """Each row's name, and what ends its processes and returns what they said."""
        for pair in self.pairs:
            yield pair.name, pair.told

    def drop(self, name):
        """Goes on without this row."""
        gone = [pair for pair in self.pairs if pair.name == name]
        self.pairs = [pair for pair in self.pairs if pair.name != name]
        for pair in gone:
            pair.end()

    def close(self):
        # All of them first: who is in a hurry may not wait.
        for pair in self.pairs:
            pair.signal(signal.SIGKILL)
        for pair in self.pairs:
            pair.end()
