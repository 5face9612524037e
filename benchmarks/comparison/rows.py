# SPDX-License-Identifier: Apache-2.0
"""The rows of the comparison: which commands run, and how many batches of which size."""
import random
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

PACKAGE = "io.tensorcom.benchmarks."
JAVA = ["java", "-XX:MaxDirectMemorySize=3g"]
OPENED = [  # or Netty, Arrow and Agrona take slower paths
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
    "-Dio.netty.tryReflectionSetAccessible=true",
    "-Dagrona.disable.bounds.checks=true",
]
# Ours closes what stands still, as these rows do while others have their turn.
PATIENT = "progress=3600s&timeout=3600s"
VARIED = 8  # contents in turn: more than the caches hold, as in a server that makes new ones
AERON_MESSAGE = 16 << 20  # no longer ones, whatever the term


@dataclass
class Shape:
    """A batch: images and their side, and how often it is sent."""

    name: str
    images: int
    side: int
    less: int
    more: int

    @property
    def size(self):
        return self.images * (self.side**2 * 3 + 4)

    @property
    def arguments(self):
        return [str(self.images), str(self.side)]


# These counts are for programs that are compiled already, and of quick ones.
BATCH = Shape("14.45MB", 96, 224, 2000, 3500)
SIZES = [
    Shape("50kB", 8, 45, 400000, 600000),
    Shape("1MB", 8, 204, 40000, 60000),
    BATCH,
    Shape("77MB", 512, 224, 400, 700),
]
# What does not count takes 15 seconds and more of a JVM, quick or slow: what runs once for each batch of
# 14.45 MB is compiled then only. With 77 MB many count, as what senders have queued is a part of them.
QUICK = {"50kB": (1100000, 1300000), "1MB": (70000, 90000), "14.45MB": (5000, 7000), "77MB": (750, 1000)}
SLOW = {"50kB": (300000, 400000), "1MB": (20000, 27000), "14.45MB": (1500, 2200), "77MB": (120, 280)}
WARM = QUICK["14.45MB"]
SLOWEST = {**SLOW, "50kB": (10000, 40000), "1MB": (3000, 6000)}
FEW = (100, 350)  # for who keeps them all


@dataclass
class Row:
    size: int
    less: int
    more: int
    commands: Callable  # of a count: the sender's and the receiver's
    streams: int = 1
    receivers: int = 1  # that print marks
    marks: bool = True
    endless: bool = True  # or it keeps what it cannot send yet


class Rows:
    """name -> Row, of the groups that were added, in the order of their running."""

    def __init__(self, work, built, scale, options):
        self.work = work
        self.built = built
        self.scale = scale
        self.options = options  # of the JVMs of gRPC, Flight and Aeron
        self.rows = {}
        self.missing = list(built.missing)
        shared = "/dev/shm" if Path("/dev/shm").is_dir() else work
        self.shared = Path(tempfile.mkdtemp(prefix="compare-", dir=shared))

    def close(self):
        shutil.rmtree(self.shared, ignore_errors=True)

    def add(self, name, commands, shape=BATCH, times=1, counts=None, needs=None, endless=True):
        if needs is not None and needs not in self.built.names:
            # Baselines that were not asked for are named once, not row by row.
            if not needs.startswith("given-"):
                self.leave_out(f"{name}: needs {needs}")
            return
        # Programs that are not ours, and what has no receiver, know of no marks.
        marks = not (needs or "").startswith(("given-", "memcpy"))
        less, more = counts or (shape.less, shape.more)
        less = max(1, round(less * self.scale))
        more = max(less + 1, round(more * self.scale))
        self.rows[name] = Row(
            shape.size * times, less, more, commands, times, times, marks, endless
        )

    def leave_out(self, why):
        if why not in self.missing:
            self.missing.append(why)

    def where(self, medium):
        if medium == "ipc":
            return f"{self.work}/s{random.randrange(10**9)}"
        return f"127.0.0.1:{random.randrange(20000, 30000)}"

    def place(self, medium):
        at = self.where(medium)
        return "uds:" + at if medium == "ipc" else "tcp:" + at.split(":")[1]

    @staticmethod
    def url(scheme, medium, where):
        return f"{scheme}+ipc://{where}" if medium == "ipc" else f"{scheme}://{where}"

    # One side each.

    def ours(self, role, count, *urls, shape=BATCH, contents=1):
        """One content again and again, as every peer sends it: that of a batch stays in the cache."""
        warm = f"-Dwarmup={min(count * 4 // 7, shape.less)}"  # the garbage of what follows is counted
        urls = [self.patient(url) for url in urls]
        run = [*JAVA, f"-Dcontents={contents}", warm, "-cp", str(self.built.jar)]
        run.append(PACKAGE + "transport.CheckedStream")
        return [*run, role, str(count), *shape.arguments, *urls]

    @staticmethod
    def patient(url):
        return f"{url}{'&' if '?' in url else '?'}{PATIENT}"

    def ours_varied(self, role, count, *urls, shape=BATCH):
        return self.ours(role, count, *urls, shape=shape, contents=VARIED)

    def python(self, role, count, url, shape=BATCH):
        peer = str(self.built.peers / "tensorcom_py.py")
        return [str(self.built.python), peer, role, url, str(count), *shape.arguments]

    def given_python(self, role, count, url, shape=BATCH):
        """Of one shape; it queues 1,000 batches, and so must not be given many."""
        return [str(self.built.python), self.built.given_python, role, url, str(count)]

    def jvm(self, main, role, place, count, shape):
        path = f"{self.built.jvm}/peers.jar:{self.built.jvm}/lib/*"
        run = [*JAVA, *OPENED, *self.options, "-cp", path, PACKAGE + "peers." + main]
        return [*run, role, place, str(count), *shape.arguments]

    @staticmethod
    def together(commands):
        """All at once; ends well if all do. Its RSS is that of the largest."""
        started = " ".join(f"{command} & p{i}=$!;" for i, command in enumerate(commands))
        return ["sh", "-c", started + " && ".join(f" wait $p{i}" for i in range(len(commands)))]

    # Both sides: a function of the count.

    def both(self, make, medium, shape):
        def pair(n):
            at = self.where(medium)
            send = make("send", n, self.url("zrpush", medium, at), shape=shape)
            return send, make("recv", n, self.url("zrpull", medium, at), shape=shape)

        return pair

    def raw(self, medium, shape, contents=1, write="1048576", read=None):
        def pair(n):
            place, run = self.place(medium), f"{self.work}/raw"
            buffer, window = ("262144", "65536") if medium == "ipc" else ("0", "1048576")
            size = [buffer, str(shape.size), str(contents)]
            send = [run, "send", place, str(n), write, *size]
            return send, [run, "recv", place, str(n), read or window, *size]

        return pair

    def given_raw(self, medium):
        def pair(n):
            place, run = self.place(medium), f"{self.work}/given/raw"
            window = ["65536", "262144"] if medium == "ipc" else ["131072"]
            send = [run, "send", place, str(n), "1048576", *window[1:]]
            return send, [run, "recv", place, str(n), *window]

        return pair

    def nio(self, folder, medium="tcp"):
        def pair(n):
            place = self.place(medium)
            run = ["java", "-Dr=65536", "-cp", str(folder), "NioRaw"]
            return [*run, "send", place, str(n)], [*run, "recv", place, str(n)]

        return pair

    def libzmq(self, medium, shape, program="libzmq"):
        def pair(n):
            end = ("ipc://" if medium == "ipc" else "tcp://") + self.where(medium)
            run, size = f"{self.work}/{program}", shape.arguments if program == "libzmq" else []
            return [run, "push", end, str(n), *size], [run, "pull", end, str(n), *size]

        return pair

    def jeromq(self, mode, shape):
        def pair(n):
            end, size = "tcp://" + self.where("tcp"), shape.images * shape.side**2 * 3
            run = [*JAVA, f"-Dbytes={size}", "-cp", str(self.built.jar)]
            run.append(PACKAGE + "transport.BareJeroMq")
            return [*run, "send", end, str(n), "1", mode], [*run, "recv", end, str(n), "1"]

        return pair

    def given_jeromq(self, mode):
        def pair(n):
            end = "tcp://" + self.where("tcp")
            run = ["java", "-cp", f"{self.work}/given:{self.built.jar}", "JeromqRaw"]
            return [*run, "push", end, str(n), mode], [*run, "pull", end, str(n)]

        return pair

    def over_grpc(self, main, medium, shape):
        def pair(n):
            place = self.place(medium)
            return [self.jvm(main, role, place, n, shape) for role in ("send", "recv")]

        return pair

    def aeron(self, shape):
        def pair(n):
            folder = f"{self.shared}/{random.randrange(10**9)}"
            return [self.jvm("AeronPeer", role, folder, n, shape) for role in ("send", "recv")]

        return pair

    # Groups.

    # What ours is compared with most closely runs just before it: a machine changes by the minute.

    def add_tcp(self):
        n, given = str(self.work / "memcpy"), self.work / "given"
        self.add("memcpy", lambda count: [[n, str(count), str(BATCH.size)]], needs="memcpy")
        slow = SLOW[BATCH.name]
        python = self.both(self.python, "tcp", BATCH)
        self.add("python-tcp", python, counts=slow, needs="python")
        theirs = self.both(self.given_python, "tcp", BATCH)
        self.add("given-python-tcp", theirs, counts=FEW, needs="given-python", endless=False)
        for mode in ("direct", "bytes"):
            self.add(f"jeromq-{mode}", self.jeromq(mode, BATCH), counts=slow)
            theirs = self.given_jeromq(mode)
            self.add(f"given-jeromq-{mode}", theirs, counts=slow, needs="given-jeromq")
        self.add_grpc("tcp")
        self.add("nio-tcp", self.nio(self.work), counts=WARM, needs="nio")
        self.add("given-nio-tcp", self.nio(given), needs="given-nio")
        self.add("libzmq-tcp", self.libzmq("tcp", BATCH), needs="libzmq")
        theirs = self.libzmq("tcp", BATCH, "given/libzmq")
        self.add("given-libzmq-tcp", theirs, needs="given-libzmq")
        self.add("raw-tcp", self.raw("tcp", BATCH), needs="raw")
        windows = self.raw("tcp", BATCH, write="655360", read="524288")  # those of ours
        self.add("raw-tcp-our-windows", windows, needs="raw")
        self.add("given-raw-tcp", self.given_raw("tcp"), needs="given-raw")
        self.add("ours-tcp", self.both(self.ours, "tcp", BATCH), counts=WARM)
        self.add("raw-tcp-varied", self.raw("tcp", BATCH, contents=VARIED), needs="raw")
        self.add("ours-tcp-varied", self.both(self.ours_varied, "tcp", BATCH), counts=WARM)

    def add_grpc(self, medium):
        for peer, main in (("grpc", "GrpcPeer"), ("flight", "FlightPeer")):
            pair = self.over_grpc(main, medium, BATCH)
            self.add(f"{peer}-{medium}", pair, counts=SLOW[BATCH.name], needs="jvm")

    def add_ipc(self):
        python = self.both(self.python, "ipc", BATCH)
        self.add("python-ipc", python, counts=SLOW[BATCH.name], needs="python")
        theirs = self.both(self.given_python, "ipc", BATCH)
        self.add("given-python-ipc", theirs, counts=FEW, needs="given-python", endless=False)
        self.add("nio-ipc", self.nio(self.work, "ipc"), counts=WARM, needs="nio")
        self.add("given-nio-ipc", self.nio(self.work / "given", "ipc"), needs="given-nio")
        self.add_grpc("ipc")
        self.add("aeron-ipc", self.aeron(BATCH), counts=WARM, needs="jvm")
        self.add("libzmq-ipc", self.libzmq("ipc", BATCH), needs="libzmq")
        theirs = self.libzmq("ipc", BATCH, "given/libzmq")
        self.add("given-libzmq-ipc", theirs, needs="given-libzmq")
        self.add("raw-ipc", self.raw("ipc", BATCH), needs="raw")
        self.add("given-raw-ipc", self.given_raw("ipc"), needs="given-raw")
        self.add("ours-ipc", self.both(self.ours, "ipc", BATCH), counts=WARM)

    def add_foreign(self):
        def mixed(send, receive):
            def pair(n):
                at = self.where("tcp")
                return send(n, at), receive(n, at)

            return pair

        lz, stream = f"{self.work}/libzmq", PACKAGE + "transport.Stream"
        # The bare libzmq program sends one content only: its batches are not checked by ours.
        unchecked = [*JAVA, "-cp", str(self.built.jar), stream, "recv"]
        our_send = lambda n, at: self.ours("send", n, f"zrpush://{at}")
        our_receive = lambda n, at: [*unchecked, self.patient(f"zrpull://{at}"), str(n), "1"]
        py_send = lambda n, at: self.python("send", n, f"zrpush://{at}")
        py_receive = lambda n, at: self.python("recv", n, f"zrpull://{at}")
        lz_send = lambda n, at: [lz, "push", f"tcp://{at}", str(n)]
        lz_receive = lambda n, at: [lz, "pull", f"tcp://{at}", str(n)]
        slow = SLOW[BATCH.name]
        self.add("python-to-ours", mixed(py_send, our_receive), counts=slow, needs="python")
        self.add("ours-to-python", mixed(our_send, py_receive), counts=slow, needs="python")
        self.add("libzmq-to-ours", mixed(lz_send, our_receive), counts=WARM, needs="libzmq")
        self.add("ours-to-libzmq", mixed(our_send, lz_receive), counts=WARM, needs="libzmq")

    def add_sizes(self):
        """The rows of 14.45 MB are those of the media."""
        for shape in SIZES:
            name = "tcp" if shape == BATCH else shape.name
            python = self.both(self.python, "tcp", shape)
            slow = SLOW[shape.name]
            slowest = SLOWEST[shape.name]
            warm = QUICK[shape.name]
            self.add(f"python-{name}", python, shape, counts=slowest, needs="python")
            self.add_jeromq(shape)
            grpc = self.over_grpc("GrpcPeer", "tcp", shape)
            flight = self.over_grpc("FlightPeer", "tcp", shape)
            self.add(f"grpc-{name}", grpc, shape, counts=slow, needs="jvm")
            self.add(f"flight-{name}", flight, shape, counts=slow, needs="jvm")
            aeron = "aeron-ipc" if shape == BATCH else f"aeron-ipc-{name}"
            if shape.size <= AERON_MESSAGE:
                self.add(aeron, self.aeron(shape), shape, counts=warm, needs="jvm")
            else:
                most = f"its messages have {AERON_MESSAGE} bytes at most, not {shape.size}"
                self.leave_out(f"{aeron}: not able, {most}")
            if shape != BATCH:
                self.add_others_over_ipc(shape)
                for peer, of in (("libzmq", self.libzmq), ("raw", self.raw)):
                    self.add(f"{peer}-ipc-{name}", of("ipc", shape), shape, needs=peer)
            ours = "ours-ipc" if shape == BATCH else f"ours-ipc-{name}"
            self.add(ours, self.both(self.ours, "ipc", shape), shape, counts=warm)
            self.add(f"libzmq-{name}", self.libzmq("tcp", shape), shape, needs="libzmq")
            self.add(f"raw-{name}", self.raw("tcp", shape), shape, needs="raw")
            self.add(f"ours-{name}", self.both(self.ours, "tcp", shape), shape, counts=warm)

    def add_others_over_ipc(self, shape):
        python = self.both(self.python, "ipc", shape)
        slowest = SLOWEST[shape.name]
        self.add(f"python-ipc-{shape.name}", python, shape, counts=slowest, needs="python")
        for peer, main in (("grpc", "GrpcPeer"), ("flight", "FlightPeer")):
            pair = self.over_grpc(main, "ipc", shape)
            self.add(f"{peer}-ipc-{shape.name}", pair, shape, counts=SLOW[shape.name], needs="jvm")
        self.leave_out("jeromq-ipc: not able, its ipc:// is TCP")

    def add_jeromq(self, shape):
        for mode in ("direct", "bytes"):
            name = f"jeromq-{mode}" + ("" if shape == BATCH else f"-{shape.name}")
            self.add(name, self.jeromq(mode, shape), shape, counts=SLOW[shape.name])

    def add_two(self):
        def raw_two(n):
            ports = random.sample(range(20000, 30000), 2)
            sides = ("send", "recv")
            run = [[f"{self.work}/raw {s} tcp:{p} {n} 1048576" for p in ports] for s in sides]
            return self.together(run[0]), self.together(run[1])

        def two(n):
            ports = random.sample(range(20000, 30000), 2)
            return (
                self.ours("send", n, *[f"zrpush://127.0.0.1:{p}" for p in ports]),
                self.ours("recv", n, *[f"zrpull://127.0.0.1:{p}" for p in ports]),
            )

        self.add("raw-two", raw_two, times=2, needs="raw")
        self.add("ours-two", two, times=2, counts=(WARM[0] // 2, WARM[1] // 2))

    def add_fanout(self):
        def fan(width):
            def pair(n):
                at = self.where("ipc")
                send = self.ours("send", n, f"zpub+ipc://{at}?slow=60s")
                send.insert(1, f"-Dpeers={width}")
                return send, self.ours("recv", n, *[f"zsub+ipc://{at}?pool=96m"] * width)

            return pair

        def libzmq_fan(n):
            end, run = "ipc://" + self.where("ipc"), f"{self.work}/libzmq"
            receive = self.together([f"{run} sub {end} {n}"] * 8)
            return [run, "pub", end, str(n), "96", "224", "8"], receive

        counts = (500, 900)
        self.add("ours-one-subscriber", fan(1), counts=WARM)
        self.add("libzmq-eight-subscribers", libzmq_fan, times=8, counts=counts, needs="libzmq")
        self.add("ours-eight-subscribers", fan(8), times=8, counts=counts)
