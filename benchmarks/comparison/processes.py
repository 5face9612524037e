# SPDX-License-Identifier: Apache-2.0
"""Runs the processes of a row and says what they took: time, CPU, memory.

What counts is the time from the batch LESS to the batch MORE: a receiver prints a line, "mark", when it
has the first of them and when it has the last, and this script looks at its own clock. Programs that do
not know of marks run twice: a value is that of a run of MORE batches less that of one of LESS.
"""
import contextlib
import os
import shlex
import signal
import subprocess
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

RECEIVING = 120  # seconds that a receiver may take, but only
ENDING = 20  # once its senders have ended, and that a sender may take after it


@dataclass
class Side:
    """A process that has ended, with those that it had started and waited for."""

    code: int
    cpu: float  # seconds, user and system
    rss: float  # peak, MB; not below what this script itself had when it started the process
    out: str
    err: str


class Marks:
    """When receivers had as many batches as warm up, and when they had all."""

    LINE = "mark"

    def __init__(self, at):
        self.at = at
        self.times = []
        self.cpu = []  # of each process at the first of them
        self.processors = []  # of the machine at each of them

    def follow(self, processes):
        """Takes the marks off what the last of the processes prints, until its end."""
        *_, receiver = processes
        for line in receiver.process.stdout:
            if line.strip() != self.LINE:
                receiver.out.write(line)
                continue
            self.times.append(time.monotonic())
            self.processors.append(processor_time())
            if len(self.times) == 1:
                with contextlib.suppress(OSError):  # one that has ended already
                    self.cpu = [processor_seconds(each.process.pid) for each in processes]

    def check(self, receivers):
        if len(self.times) != 2 * receivers:
            raise RuntimeError(
                f"{len(self.times)} marks, expected {2 * receivers}: are programs older than their sources?"
            )
        if not self.cpu:
            raise RuntimeError("a process ended before what counts began")

    def seconds(self):
        """Of several receivers on average: the first half of all marks begin what counts."""
        half = len(self.times) // 2
        return (sum(self.times[half:]) - sum(self.times[:half])) / half

    def stolen(self):
        """The share of the processor time wanted between them that the host gave to others."""
        return stolen_between(self.processors[0], self.processors[-1])


def processor_seconds(pid):
    """Of a process and all that it has started."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        ticks = sum(int(value) for value in file.read().rpartition(")")[2].split()[11:15])
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return ticks / os.sysconf("SC_CLK_TCK") + sum(map(processor_seconds, children))


class Process:
    def __init__(self, command, marks=None):
        self.command = command
        self.out = tempfile.TemporaryFile("w+", errors="replace")
        self.err = tempfile.TemporaryFile("w+", errors="replace")
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE if marks else self.out,
            stderr=self.err,
            text=True,
            errors="replace",
            start_new_session=True,
            env={**os.environ, "MARK_AT": str(marks.at)} if marks else None,
        )

    def kill(self):
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)  # and what it started

    def limit(self, seconds):
        """Kills it if it has not ended then."""
        timer = threading.Timer(seconds, self.kill)
        timer.daemon = True
        timer.start()

    def ended(self, within, following=None):
        """Waits; kills it if it takes longer than that."""
        self.limit(within)
        os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOWAIT)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # what it has left behind
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        if following:
            following.result()
            self.process.stdout.close()
        told = []
        for file in (self.out, self.err):
            file.seek(0)
            told.append(file.read())
            file.close()
        cpu = usage.ru_utime + usage.ru_stime
        return Side(self.process.returncode, cpu, usage.ru_maxrss * 1024 / 1e6, *told)


@dataclass
class Run:
    """Sender and receiver, or one process alone, from the start to the receiver's end."""

    seconds: float
    sides: list


def run(commands, marks=None):
    """The last command is the receiver's, which prints marks if there are any."""
    start = time.monotonic()
    processes = [Process(command) for command in commands[:-1]]
    processes.append(Process(commands[-1], marks))
    try:
        return ended(commands, processes, start, marks)
    except BaseException:
        for process in processes:
            process.kill()
        raise


def ended(commands, processes, start, marks):
    *senders, receiver = processes
    with ThreadPoolExecutor(len(senders) + 1) as pool:
        following = pool.submit(marks.follow, processes) if marks else None
        ends = [pool.submit(sender.ended, RECEIVING + ENDING) for sender in senders]

        def hurry():
            # Nothing comes any more: a receiver that waits for more hangs.
            wait(ends)
            receiver.limit(ENDING)

        if senders:
            threading.Thread(target=hurry, daemon=True).start()
        received = receiver.ended(RECEIVING, following)
        taken = time.monotonic() - start
        for sender in senders:
            sender.limit(ENDING if received.code == 0 else 0)
        sides = [end.result() for end in ends] + [received]
    for command, side in zip(commands, sides):
        if side.code != 0:
            told = " | ".join(each.err.strip()[-500:] for each in sides)
            raise RuntimeError(f"{shlex.join(command)} ended with {side.code}: {told}")
    return Run(taken, sides)


@dataclass
class Measured:
    """A row in one round."""

    rate: float  # GB/s
    cpu: list  # seconds a GB, of each process
    rss: list  # MB, of each process
    seconds: list  # from the start to the first mark, and to the last; or of both runs
    commands: list  # of the (longer) run
    stolen: float  # of the time that processors were wanted, by other machines on the same host:
    # that of the run that lost more
    told: list = field(default_factory=list)


def processor_time():
    """Since the machine started, of all its processors: at work or wanted, and what of that its
    host gave to others (proc(5), "steal")."""
    with open("/proc/stat", encoding="ascii") as file:
        ticks = [int(value) for value in file.readline().split()[1:9]]
    idle, stolen = ticks[3] + ticks[4], ticks[7]
    return sum(ticks) - idle, stolen


def stolen_between(before, after):
    wanted, stolen = (b - a for a, b in zip(before, after))
    return stolen / max(1, wanted)


def disturbed_run(commands):
    before = processor_time()
    result = run(commands)
    return result, stolen_between(before, processor_time())


def kept(lines):
    return [line for line in lines if "allocated" in line or line.startswith("mode: ")]


def told(result):
    return kept(line for side in result.sides for line in side.out.splitlines())


def measure(row):
    return marked(row) if row.marks else difference(row)


def marked(row):
    commands = row.commands(row.more)
    marks = Marks(row.less)
    start = time.monotonic()
    result = run(commands, marks)
    marks.check(row.receivers)
    gigabytes = (row.more - row.less) * row.size / 1e9
    return Measured(
        gigabytes / marks.seconds(),
        [(side.cpu - cpu) / gigabytes for cpu, side in zip(marks.cpu, result.sides)],
        [side.rss for side in result.sides],
        [marks.times[0] - start, marks.times[-1] - start],
        commands,
        marks.stolen(),
        told(result),
    )


def difference(row):
    # Each by itself: what the shorter run loses makes the difference, and the rate, look better.
    first, stolen_first = disturbed_run(row.commands(row.less))
    commands = row.commands(row.more)
    second, stolen_second = disturbed_run(commands)
    if second.seconds <= first.seconds:
        raise RuntimeError(f"{row.more} batches took no longer than {row.less}")
    gigabytes = (row.more - row.less) * row.size / 1e9
    return Measured(
        gigabytes / (second.seconds - first.seconds),
        [(b.cpu - a.cpu) / gigabytes for a, b in zip(first.sides, second.sides)],
        [side.rss for side in second.sides],
        [first.seconds, second.seconds],
        commands,
        max(stolen_first, stolen_second),
        told(second),
    )
