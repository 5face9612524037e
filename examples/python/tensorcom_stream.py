# SPDX-License-Identifier: Apache-2.0
"""Streams of tensor batches in Python: one file on pyzmq and numpy.

    from tensorcom_stream import StreamReceiver

    with StreamReceiver("zsub://shards.bigdata19:7880") as batches:
        for images, classes in batches:
            train(images, classes)
        print(batches.report())

Speaks the wire format of docs/wire-format.md, header extension included, and so with the Java
tensorcom and with the older Python one. A socket belongs to one thread. Nothing that arrives is
believed before it has been checked; what is malformed is counted and skipped.
"""

import argparse
import array
import bisect
import dataclasses
import logging
import math
import os
import re
import signal
import socket
import stat
import struct
import sys
import threading
import time
from typing import Callable, Iterator, List, Optional, Sequence, Tuple

try:
    import numpy as np
    import zmq
except ImportError as missing:
    if __name__ != "__main__":
        raise
    sys.exit(f"tensorcom_stream: {missing}: pip install numpy pyzmq (Debian: apt install python3-numpy python3-zmq)")

log = logging.getLogger("tensorcom_stream")

DTYPES = {
    "f2": np.float16, "f4": np.float32, "f8": np.float64,
    "i1": np.int8, "i2": np.int16, "i4": np.int32, "i8": np.int64,
    "u1": np.uint8, "u2": np.uint16, "u4": np.uint32, "u8": np.uint64,
}  # fmt: skip
CODES = {np.dtype(dtype): code for code, dtype in DTYPES.items()}
EXTENSION = struct.unpack("<q", b"~TCext1~")[0]
EXTENSION_WORDS = 12
CHUNK = b"~TenBin~"
LAST_OF_EPOCH, LAST_OF_STREAM, CHECKSUM = 1, 2, 4
GONE = 5.0  # seconds: how long a server that is not listed any more, or was never heard, is waited for
LONGEST_LEAVE = 60.0  # seconds: how long a server that is not listed any more is heard while it goes on sending
LONGEST_PAUSE = 1.0  # seconds: of a pause of the application in which nobody takes what waits, no more counts
MAX_RANK, MAX_HEADER, MAX_TENSOR = 9, 4096, (1 << 31) - 1


class MalformedBatch(ValueError):
    """What came is not a batch."""


@dataclasses.dataclass
class Origin:
    """Where a batch stands in the stream of its sender; -1 where the shard is unknown."""

    stream_id: int
    sequence: int
    epoch: int = 0
    index: int = 0
    shard: int = -1
    shard_index: int = -1
    shard_batches: int = -1
    flags: int = 0
    sent_at: int = 0

    @property
    def ends_epoch(self) -> bool:
        return bool(self.flags & (LAST_OF_EPOCH | LAST_OF_STREAM))

    @property
    def ends_stream(self) -> bool:
        return bool(self.flags & LAST_OF_STREAM)


# ---- CRC32C (RFC 3720), eight columns of the polynomial at a time


def _crc_table() -> np.ndarray:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ np.uint32(0x82F63B78), table >> 1)
    return table.astype(np.uint32)


_TABLE = _crc_table()
_LANE = 4096


def _advance(crc: np.ndarray, columns: np.ndarray) -> np.ndarray:
    for column in columns:
        crc = _TABLE[(crc ^ column) & 0xFF] ^ (crc >> 8)
    return crc


def _lane_shift() -> np.ndarray:
    """Four tables that take a register over a lane of zeros, byte by byte of the register."""
    registers = (np.arange(256, dtype=np.uint32)[None] << (8 * np.arange(4, dtype=np.uint32))[:, None])
    return _advance(registers.reshape(-1), np.zeros(_LANE, np.uint32)).reshape(4, 256)


_SHIFT: List[List[int]] = []


def crc32c(data, crc: int = 0) -> int:
    """Continues a checksum; pure numpy, about 0.1 s for 14 MB."""
    octets = np.frombuffer(data, np.uint8)
    register = crc ^ 0xFFFFFFFF
    lanes = len(octets) // _LANE
    if lanes > 1:
        if not _SHIFT:
            _SHIFT.extend(_lane_shift().tolist())
        a, b, c, d = _SHIFT
        block = np.ascontiguousarray(octets[: lanes * _LANE].reshape(lanes, _LANE).T)
        parts = _advance(np.zeros(lanes, np.uint32), block)
        for part in parts.tolist():
            register = (a[register & 255] ^ b[register >> 8 & 255] ^ c[register >> 16 & 255]
                        ^ d[register >> 24] ^ part)  # fmt: skip
        octets = octets[lanes * _LANE :]
    table = _TABLE.tolist() if len(octets) < 1 << 20 else _TABLE
    for octet in octets.tolist():
        register = int(table[(register ^ octet) & 255]) ^ (register >> 8)
    return register ^ 0xFFFFFFFF


# ---- encoding


def _word(text: str) -> int:
    return struct.unpack("<q", text.encode("ascii")[:8].ljust(8, b"\0"))[0]


def encode_header(tensor: np.ndarray, info: str = "") -> bytes:
    """The header of one tensor, without extension."""
    code = CODES.get(tensor.dtype.newbyteorder("=") if tensor.dtype.byteorder == ">" else tensor.dtype)
    if code is None:
        raise TypeError(f"dtype {tensor.dtype} cannot be sent (expected: one of {sorted(DTYPES)})")
    if not 1 <= tensor.ndim <= MAX_RANK:
        raise ValueError(f"rank {tensor.ndim} cannot be sent (expected: 1..{MAX_RANK})")
    return np.array([_word(code), _word(info), tensor.ndim, *tensor.shape], "<i8").tobytes()


def encode(batch: Sequence, origin: Optional[Origin] = None, infos: Sequence[str] = ()) -> List:
    """The frames of a multipart message: a header and the data of each tensor in turn."""
    frames: List = []
    for i, item in enumerate(batch):
        tensor = np.ascontiguousarray(item)
        if tensor.dtype.byteorder == ">":
            tensor = tensor.astype(tensor.dtype.newbyteorder("<"))
        header = encode_header(tensor, infos[i] if i < len(infos) else "")
        frames += [header, memoryview(tensor.reshape(-1).view(np.uint8))]
    if not frames:
        raise ValueError("a batch needs at least one tensor")
    if origin is not None:
        crc = 0
        if origin.flags & CHECKSUM:
            for frame in frames:
                crc = crc32c(frame, crc)
        words = [EXTENSION, EXTENSION_WORDS, _signed(origin.stream_id)]
        words += dataclasses.astuple(origin)[1:] + (crc,)
        frames[0] += np.array(words, "<i8").tobytes()
    return frames


def encode_single(frames: Sequence) -> bytes:
    """The same frames as one frame of chunks."""
    parts = []
    for frame in frames:
        length = len(frame)
        parts += [CHUNK, struct.pack("<q", length), bytes(frame), b"\0" * (-length % 64)]
    return b"".join(parts)


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


# ---- decoding


def decode_single(data, max_frames: int) -> List[memoryview]:
    """Takes chunks apart."""
    view, at, frames = memoryview(data), 0, []
    while at < len(view):
        if len(view) - at < 16 or view[at : at + 8] != CHUNK:
            raise MalformedBatch(f"no chunk at byte {at}")
        (length,) = struct.unpack_from("<q", view, at + 8)
        if not 0 <= length <= len(view) - at - 16 or len(frames) == max_frames:
            raise MalformedBatch(f"chunk of {length} bytes at byte {at}, or too many chunks")
        frames.append(view[at + 16 : at + 16 + length])
        at += 16 + length + -length % 64
    return frames


def _read_header(header) -> Tuple[np.dtype, Tuple[int, ...], np.ndarray]:
    if len(header) % 8 or not 24 <= len(header) <= MAX_HEADER:
        raise MalformedBatch(f"header of {len(header)} bytes")
    words = np.frombuffer(header, "<i8")
    code = bytes(header[:8]).rstrip(b"\0").decode("latin-1")
    rank = int(words[2])
    if code not in DTYPES or not 0 <= rank <= min(MAX_RANK, len(words) - 3):
        raise MalformedBatch(f"dtype {code!r} or rank {rank}")
    shape = tuple(int(dim) for dim in words[3 : 3 + rank])
    dtype = np.dtype(DTYPES[code]).newbyteorder("<")
    # A dimension 0 counts as 1: numpy, too, has no array of shape (0, 1 << 62, 4).
    if min(shape, default=0) < 0 or dtype.itemsize * math.prod(max(1, dim) for dim in shape) > MAX_TENSOR:
        raise MalformedBatch(f"shape {shape}")
    info = bytes(header[8:16]).rstrip(b"\0")
    if not info.isascii() or b"\0" in info:
        raise MalformedBatch(f"info {info!r}")
    return dtype, shape, words


def _read_origin(words: np.ndarray, rank: int) -> Tuple[Optional[Origin], int]:
    rest = words[3 + rank :]
    if len(rest) < EXTENSION_WORDS or rest[0] != EXTENSION:
        return None, 0
    if not EXTENSION_WORDS <= rest[1] <= len(rest) or min(rest[3:6]) < 0:
        return None, 0
    values = [int(word) for word in rest[2:11]]
    values[0] %= 1 << 64
    return Origin(*values), int(rest[11]) & 0xFFFFFFFF


def decode(frames: Sequence, max_tensors: int = 128) -> Tuple[List[np.ndarray], Optional[Origin]]:
    """Tensors that share the memory of the frames, and what the extension says, if there is one."""
    if len(frames) == 1:
        frames = decode_single(frames[0], 2 * max_tensors)
    if not frames or len(frames) % 2 or len(frames) > 2 * max_tensors:
        raise MalformedBatch(f"{len(frames)} frames")
    batch, origin, told, crc = [], None, 0, 0
    for i in range(0, len(frames), 2):
        dtype, shape, words = _read_header(frames[i])
        size = dtype.itemsize * math.prod(shape)
        if size != len(frames[i + 1]):
            raise MalformedBatch(f"{len(frames[i + 1])} bytes of data (expected: {size})")
        if i == 0:
            origin, told = _read_origin(words, len(shape))
        if origin and origin.flags & CHECKSUM:
            crc = crc32c(bytes(frames[i][: 8 * (3 + len(shape))]), crc)
            crc = crc32c(frames[i + 1], crc)
        batch.append(np.frombuffer(frames[i + 1], dtype).reshape(shape))
    if origin and origin.flags & CHECKSUM and crc != told:
        raise MalformedBatch(f"checksum {crc:08x} (expected: {told:08x})")
    return batch, origin


# ---- accounting


class StreamAccount:
    """Which batches of one stream came: ranges, newest last, of which the oldest are forgotten.

    What came below ``floor`` is not known any more. ``unknown`` counts the batches from there that came
    after it was forgotten: each may be the first of its number, so it is handed out, or one that had come.
    """

    SURE_RANGES = 1000
    MAX_RANGES = 1 << 20  # of all streams of a receiver: 16 MB

    def __init__(self) -> None:
        self.firsts, self.lasts = array.array("q"), array.array("q")
        self.most = self.MAX_RANGES
        self.received = self.duplicates = self.reordered = self.unknown = self.floor = 0
        self.first = -1
        self.epoch = self.ended_epoch = -1
        self.ended_epochs = self.used_ends = 0  # used up by epochs of the receiver that are over
        self.ended = False
        self.latency = 0.0
        self.links: set = set()  # connections that it came by
        self.peers: set = set()  # addresses of their other ends, of which ``peer`` is the newest
        self.peer, self.heard_at, self.taken_at = "", 0.0, 0

    def add(self, origin: Origin) -> bool:
        """Whether to hand the batch out: not if it is known to have come before."""
        number = origin.sequence
        self._reach(origin)
        self.latency = max(0.0, time.time() - origin.sent_at / 1e9)
        if number < self.floor:
            self.unknown += 1
            return True
        at = bisect.bisect_right(self.firsts, number)
        if at and number <= self.lasts[at - 1]:
            self.duplicates += 1
            return False
        self.received += 1
        self.reordered += at < len(self.firsts)
        self.first = number if self.first < 0 else min(self.first, number)
        self.ended |= origin.ends_stream
        self._insert(at, number)
        return True

    def _reach(self, origin: Origin) -> None:
        """An epoch is over when its end came, or when a later one is heard of, as an end may be lost."""
        leapt = self.epoch >= 0 and origin.epoch - 2 > max(self.ended_epoch, self.epoch - 1)
        if origin.epoch > self.epoch >= 0:
            self._over(origin.epoch - 1)
        if origin.ends_epoch:
            self._over(origin.epoch)
        if leapt:  # who lost several ends owes none of them
            self.used_ends = min(self.used_ends, self.ended_epochs)
        self.epoch = max(self.epoch, origin.epoch)

    def _over(self, epoch: int) -> None:
        if epoch > self.ended_epoch:
            self.ended_epochs += 1
            self.ended_epoch = epoch

    def _insert(self, at: int, number: int) -> None:
        joins_below = at > 0 and self.lasts[at - 1] == number - 1
        joins_above = at < len(self.firsts) and self.firsts[at] == number + 1
        if joins_below and joins_above:
            del self.firsts[at], self.lasts[at - 1]
        elif joins_below:
            self.lasts[at - 1] = number
        elif joins_above:
            self.firsts[at] = number
        else:
            self.firsts.insert(at, number)
            self.lasts.insert(at, number)
            if len(self.firsts) > self.most:
                forgotten = len(self.firsts) - 3 * self.most // 4
                self.floor = self.lasts[forgotten - 1] + 1
                del self.firsts[:forgotten], self.lasts[:forgotten]

    @property
    def ranges(self) -> List[Tuple[int, int]]:
        return list(zip(self.firsts, self.lasts))

    @property
    def last(self) -> int:
        return self.lasts[-1] if self.lasts else -1

    @property
    def missing(self) -> int:
        return self.last - self.first + 1 - self.received if self.lasts else 0

    def to_text(self) -> str:
        """For example ``7?7-12,14``: what came from 7 on; what came below is not known any more."""
        ranges = ",".join(str(a) if a == b else f"{a}-{b}" for a, b in self.ranges)
        return (f"{self.floor}?" if self.floor else "") + (ranges or "-")

    def gaps(self) -> List[Tuple[int, int]]:
        return [(last + 1, first - 1) for last, first in zip(self.lasts, self.firsts[1:])]


# ---- connections

Link = Tuple[int, int]  # a descriptor, and what the system calls it, as descriptors are used again


def _link(frame) -> Optional[Link]:
    """By which connection a message came, if that can be known."""
    try:
        descriptor = frame.get(zmq.SRCFD)
        status = os.fstat(descriptor)
        return (descriptor, status.st_ino) if stat.S_ISSOCK(status.st_mode) else None
    except (zmq.ZMQError, OSError, NotImplementedError):
        return None


def _is_up(link: Link) -> bool:
    try:
        return os.fstat(link[0]).st_ino == link[1]
    except OSError:
        return False


def _address(link: Link) -> str:
    try:
        with socket.socket(fileno=os.dup(link[0])) as copy:
            place = copy.getpeername()
    except OSError:
        return ""
    if not isinstance(place, tuple):
        return f"ipc://{place}"
    host = place[0][7:] if place[0].startswith("::ffff:") else place[0]
    return f"tcp://[{host}]:{place[1]}" if ":" in host else f"tcp://{host}:{place[1]}"


# ---- addresses

_URL = re.compile(r"z(r?)(push|pub|pull|sub)(\+(?:tcp|ipc))?://([^?#]*)(?:\?[^#]*)?(?:#(.*))?", re.I)


_NO_SUCH_NAME = {getattr(socket, name, None) for name in ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY")}


@dataclasses.dataclass(frozen=True)
class Url:
    """A URL as ``scheme://host:port?options#topic``; options are for the Java side and ignored."""

    role: str
    binds: bool
    ipc: bool
    place: str
    topic: bytes

    @staticmethod
    def parse(text: str) -> "Url":
        match = _URL.fullmatch(text)
        if not match:
            raise ValueError(f"URL: {text} (expected: z[r]push|pub|pull|sub[+ipc]://host:port)")
        reverse, role, medium, place, topic = match.groups()
        binds = (role.lower() in ("pub", "pull")) != bool(reverse)
        ipc = (medium or "").lower() == "+ipc"
        if not ipc and not re.fullmatch(r"(\[[^]]+\]|[^:/]+):\d+", place):
            raise ValueError(f"URL: {text} (expected: host:port)")
        return Url(role.lower(), binds, ipc, place, (topic or "").encode())

    def resolve(self) -> Optional[List[str]]:
        """All endpoints of the name at this moment, of IPv4 if it has any: a server that has both would
        be connected twice. Empty if there is no such name, None if that cannot be known now."""
        if self.ipc:
            return ["ipc://" + self.place]
        host, port = self.place.rsplit(":", 1)
        for family in (socket.AF_INET, socket.AF_INET6):
            try:
                found = socket.getaddrinfo(host.strip("[]"), int(port), family, socket.SOCK_STREAM)
            except socket.gaierror as e:
                if e.errno not in _NO_SUCH_NAME:
                    log.warning("no address: %s: %s", host, e.strerror)
                    return None
                continue
            hosts = {f"[{a[4][0]}]" if family == socket.AF_INET6 else a[4][0] for a in found}
            return sorted(f"tcp://{each}:{port}" for each in hosts)
        return []


class _Socket:
    """A ZeroMQ socket that is bound, or connected to all endpoints of its names."""

    clock = staticmethod(time.monotonic)

    def __init__(self, urls: Sequence[str], role: str, hwm: int, refresh: float, limit: int) -> None:
        parsed = [Url.parse(url) for url in urls]
        roles = {url.role for url in parsed}
        if len(roles) != 1 or role not in {"push": "send", "pub": "send"}.get(parsed[0].role, "receive"):
            raise ValueError(f"URLs: {list(urls)} (expected: all of one role, to {role})")
        self.role = parsed[0].role
        self.context = zmq.Context()
        # XPUB is a PUB that hears of its subscribers and can wait for them.
        self.socket = self.context.socket(zmq.XPUB if self.role == "pub" else getattr(zmq, self.role.upper()))
        self.socket.setsockopt(zmq.SNDHWM, hwm)
        self.socket.setsockopt(zmq.RCVHWM, hwm)
        self.socket.setsockopt(zmq.MAXMSGSIZE, limit)
        self.socket.setsockopt(zmq.IPV6, 1)
        # Nothing is queued for who is not there; a SUB would subscribe only when it is asked for a batch.
        self.socket.setsockopt(zmq.IMMEDIATE, role == "send")
        self.endpoints: List[str] = []
        self.known: dict = {}
        self.misses: dict = {}
        self.wanted: set = set()
        self.linger = 0.0
        self.closed = threading.Event()
        if self.role == "sub":
            for topic in {url.topic for url in parsed}:
                self.socket.setsockopt(zmq.SUBSCRIBE, topic)
        try:
            for url in parsed:
                if url.binds:
                    self.socket.bind(url.resolve()[0] if url.ipc else f"tcp://{url.place}")
                    self.endpoints.append(self.socket.getsockopt(zmq.LAST_ENDPOINT).decode().rstrip("\0"))
        except zmq.ZMQError:
            self.close(0)
            raise
        self.connected: set = set()
        self.left_out = 0.0
        self.dialled_at: dict = {}
        self.leaving: dict = {}  # since when, of endpoints that are not listed any more
        self.dialled = [url for url in parsed if not url.binds]
        if self.dialled:
            self._look()
            self.follow()
            if refresh > 0:
                threading.Thread(target=self._keep_looking, args=(refresh,), daemon=True).start()

    def _look(self) -> None:
        for url in self.dialled:
            endpoints = url.resolve()
            # A name server that fails for a while does not end what works; that there is no such name
            # must be said twice.
            self.misses[url] = self.misses.get(url, 0) + 1 if endpoints == [] else 0
            if endpoints:
                self.known[url] = endpoints
            elif self.misses[url] > 1 and self.known.pop(url, None):
                log.warning("no such name any more: %s", url.place)
        self.wanted = {endpoint for endpoints in self.known.values() for endpoint in endpoints}

    def _keep_looking(self, refresh: float) -> None:
        # Looking up blocks, and the socket is not this thread's: follow() does the rest.
        while not self.closed.wait(refresh):
            self._look()

    def follow(self) -> None:
        """Connects what is listed; what is not any more is left, by receivers when nothing waits of it."""
        wanted = self.wanted
        for endpoint in wanted - self.connected:
            if self.leaving.pop(endpoint, None) is None:
                self.socket.connect(endpoint)
                self.dialled_at[endpoint] = self.listened()
        for endpoint in self.connected - wanted:
            self.leaving[endpoint] = self.listened()
        self.connected = set(wanted)
        if self.role in ("pub", "push"):
            self._leave(0.0)

    def listened(self) -> float:
        """A clock for what peers are blamed for: of a pause of the application little counts."""
        return self.clock() - self.left_out

    def _leave(self, patience: float) -> List[str]:
        left = [endpoint for endpoint, since in self.leaving.items() if self.listened() - since >= patience]
        for endpoint in left:
            self.socket.disconnect(endpoint)
            del self.leaving[endpoint], self.dialled_at[endpoint]
        return left

    def close(self, linger: float) -> None:
        self.closed.set()
        self.context.destroy(linger=int(1000 * linger))

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        self.close(self.linger)


class StreamReceiver(_Socket):
    """Receives batches from all addresses of its URLs; iteration ends when all streams have.

    A stream that did not end, of a server that has gone, is not waited for when others have ended: the report
    says that its tail is unknown. Nor is one that is silent for the whole ``timeout``.

    A puller hears of the end only if it is given the last batch: let others end by count or time.
    """

    def __init__(self, *urls: str, hwm: int = 2, refresh: float = 5.0, max_bytes: int = 256 << 20,
                 max_tensors: int = 128, timeout: float = 60.0) -> None:  # fmt: skip
        super().__init__(urls, "receive", hwm, refresh, max_bytes)
        self.max_bytes, self.max_tensors, self.timeout = max_bytes, max_tensors, timeout
        self.hwm = hwm or sys.maxsize  # for ZeroMQ, 0 is no limit
        self.finishing = self._gave_up = False
        self._idle, self._taken = True, 0
        self.streams: dict = {}
        self.batches = self.bytes = self.malformed = 0
        self.origin: Optional[Origin] = None
        self.cut_off: set = set()
        self._complained = -60.0
        self._polled = self.clock()
        self._heard = self.listened()

    def poll(self, timeout: float) -> Optional[List[np.ndarray]]:
        """Waits so many seconds for a batch; None if none came. ``origin`` tells where it stands."""
        self.left_out += max(0.0, self.clock() - self._polled - LONGEST_PAUSE)
        try:
            return self._poll(self.clock() + timeout)
        finally:
            self._polled = self.clock()

    def _poll(self, deadline: float) -> Optional[List[np.ndarray]]:
        while True:
            self.follow()
            left = max(0.0, deadline - self.clock())
            # Slices, so that addresses that came meanwhile are connected.
            self._idle = not self.socket.poll(int(1000 * min(left, 0.5)) + 1)
            if not self._idle:
                batch = self._take(self.socket.recv_multipart(copy=False))
                self._cut_off()
                if batch is not None:
                    return batch
            else:
                # Now: ZeroMQ throws away what waits of an endpoint that is disconnected. And not at once: a
                # server that is stopped sends what it has left.
                self._leave(GONE)
            if left == 0:
                return None

    def _cut_off(self) -> None:
        """Whether what waits is of one that leaves is not known, but that cannot go on for ever."""
        for endpoint in self._leave(LONGEST_LEAVE):
            streams = [account for account in self.streams.values() if endpoint in account.peers]
            if streams and all(self._is_silent(account, GONE) for account in streams):
                continue  # it had its turns, so nothing of it waited
            self.cut_off.add(endpoint)
            log.warning("%s: not listed for %.0f s, and something always waited: disconnected, and what may wait "
                        "of it is lost", endpoint, LONGEST_LEAVE)  # fmt: skip

    def _take(self, parts) -> Optional[List[np.ndarray]]:
        try:
            frames = [part.buffer for part in parts]
            size = sum(len(frame) for frame in frames)
            if size > self.max_bytes:
                raise MalformedBatch(f"{size} bytes (expected: <= {self.max_bytes})")
            batch, origin = decode(frames, self.max_tensors)
        except (MalformedBatch, ValueError, OverflowError) as e:  # whatever numpy refuses, too
            self.malformed += 1
            if self.clock() - self._complained > 10:
                self._complained = self.clock()
                log.warning("malformed batch skipped: %s; skipped so far: %d", e, self.malformed)
            return None
        if origin and not self._enter(origin, _link(parts[0])):
            return None  # it came before, by another address of the same server
        self.origin = origin
        self._heard = self.listened()
        self.batches += 1
        self.bytes += size
        return batch

    def _enter(self, origin: Origin, link: Optional[Link]) -> bool:
        account = self.streams.pop(origin.stream_id, None) or StreamAccount()
        account.most = max(account.SURE_RANGES, account.MAX_RANGES // (len(self.streams) + 1))
        fresh = account.add(origin)
        self._taken += 1
        account.heard_at, account.taken_at = self.listened(), self._taken
        if link and link not in account.links:
            account.links = {each for each in account.links if _is_up(each)} | {link}
            account.peer = _address(link) or account.peer
            if account.peer:
                account.peers = (account.peers if len(account.peers) < 8 else set()) | {account.peer}
        self.streams[origin.stream_id] = account  # the one silent longest comes first
        if len(self.streams) > 1024:
            self.streams.pop(next(iter(self.streams)))
        return fresh

    def receive(self) -> List[np.ndarray]:
        batch = self.poll(self.timeout)
        if batch is None:
            raise self._nothing_came()
        return batch

    def _nothing_came(self) -> TimeoutError:
        return TimeoutError(f"no batch within {self.timeout} s from {sorted(self.connected) or self.endpoints}"
                            f"; not ended: {self._open() or 'nobody was heard'}")  # fmt: skip

    def _open(self) -> str:
        streams = [f"{stream_id:016x} of {each.peer or 'an unknown peer'}"
                   for stream_id, each in self.streams.items() if not each.ended]  # fmt: skip
        return ", ".join(streams[:10] + ["..."] * (len(streams) > 10))

    @property
    def ended(self) -> bool:
        """Whether all streams have ended but those of servers that have gone; a server that was not heard yet
        is waited for five seconds."""
        accounts = self.streams.values()
        told = self._somebody_ended and all(account.ended or self._is_gone(account) for account in accounts)
        heard = not self._unheard() or self.listened() - self._heard >= self._patience
        return self._gave_up or (told and heard)

    def _unheard(self) -> List[str]:
        """Endpoints nothing came from; a stream of which it is not known where it comes from is that of one."""
        accounts = self.streams.values()
        unheard = self.connected.difference(*(account.peers for account in accounts))
        return sorted(unheard)[sum(not account.peers and not self._is_gone(account) for account in accounts) :]

    @property
    def _somebody_ended(self) -> bool:
        return any(account.ended for account in self.streams.values())

    def _is_gone(self, account: StreamAccount) -> bool:
        """One that is silent but connected may be slow; where connections are not known, it counts as gone."""
        silent = not account.ended and self._is_silent(account, self._patience)
        return silent and not any(_is_up(link) for link in account.links)

    def _is_silent(self, account: StreamAccount, seconds: float) -> bool:
        """Whether nothing came for so long though it had its turns: ZeroMQ takes from all who have something."""
        turns = self._taken - account.taken_at >= 4 * (len(self.streams) + len(self.connected))
        return self.listened() - account.heard_at >= seconds and (self._idle or turns)

    @property
    def _patience(self) -> float:
        return min(GONE, self.timeout / 2)

    def finish(self) -> None:
        """Hands out what has come, and then iteration ends; from any thread or a signal handler."""
        self.finishing = True

    def _rest(self) -> Iterator[List[np.ndarray]]:
        """What waits, but no more than all queues hold: senders may go on for ever."""
        taken = 0
        while self.socket.poll(0):
            links = {link for account in self.streams.values() for link in account.links}
            if taken >= (self.hwm + 1) * max(1, len(links), len(self.connected) + len(self.leaving)):
                return
            taken += 1
            batch = self._take(self.socket.recv_multipart(copy=False))
            if batch is not None:
                yield batch

    def __iter__(self) -> Iterator[List[np.ndarray]]:
        return self._read(lambda: False)

    def epoch(self) -> Iterator[List[np.ndarray]]:
        """Ends when all servers have ended their epoch, but those that have gone or are silent for ``timeout``.

            while not batches.ended:
                for images, classes in batches.epoch():
                    train(images, classes)

        What a server that is ahead sends of its next epoch is handed out as it comes. For subscribers: a puller
        hears of an end only if it is given the last batch, or one of a later epoch.
        """
        return self._read(self._use_up_ends)

    def _use_up_ends(self) -> bool:
        accounts = self.streams.values()
        if not any(account.ended_epochs > account.used_ends for account in accounts):
            return False
        going_on = [account for account in accounts if not account.ended and account.ended_epochs <= account.used_ends]
        if not all(self._is_gone(each) or self._is_silent(each, self.timeout) for each in going_on):
            return False
        silent = self.listened() - self._heard >= self._patience
        if not silent and any(self.listened() - self.dialled_at[each] < self.timeout for each in self._unheard()):
            return False
        for account in accounts:  # who has not told its end owes it: told later, it is not that of the next
            account.used_ends += not account.ended or account.ended_epochs > account.used_ends
        return True

    def _read(self, is_over: Callable[[], bool]) -> Iterator[List[np.ndarray]]:
        waited = 0.0
        while not self.finishing:
            if is_over():
                return
            batch = self.poll(0.05)
            if batch is not None:
                waited = 0.0
                yield batch
            elif self.ended:
                return
            else:
                waited += 0.05
                if waited >= self.timeout and not self._somebody_ended:
                    raise self._nothing_came()
                if waited >= self.timeout:
                    self._gave_up = True
                    log.warning("others have ended; silent for %.1f s: %s", waited, self._open())
                    return
        yield from self._rest()
        self._gave_up = True

    def report(self) -> str:
        """One line per stream, and what else went wrong."""
        lines = [self._line(stream_id, account) for stream_id, account in self.streams.items()]
        lines += [f"cut off, not listed any more: {endpoint}" for endpoint in sorted(self.cut_off)]
        return "\n".join([*lines, f"malformed: {self.malformed}"])

    def account(self) -> List[str]:
        """Which batches came, a line per stream: what StreamReport.ofLines and tensormon --merge read in Java.

        Of streams that several pullers share, the accounts of all of them tell what was lost.
        """
        return [
            f"{stream_id:016x} -1 {str(each.ended).lower()} {each.to_text()} {each.peer}"
            for stream_id, each in self.streams.items()
        ]

    def _line(self, stream_id: int, account: StreamAccount) -> str:
        word = "lost" if self.role == "sub" else "elsewhere or lost"
        sent = account.last - account.first + 1
        parts = [
            f"received {account.received:,}",
            f"{word} {account.missing:,} of {sent:,} from {account.peer or 'an unknown peer'}",
            f"twice {account.duplicates}",
            f"out of order {account.reordered}",
            f"latency {1000 * account.latency:.1f} ms",
        ]
        if account.unknown:
            parts.append(f"not known any more whether twice {account.unknown:,}")
        if not account.ended:
            silent = self.listened() - account.heard_at
            gone = " (gone)" if self._is_gone(account) else f" (silent for {silent:.0f} s)" if silent >= GONE else ""
            parts.append("unknown tail" + gone)
        return f"{stream_id:016x}: " + ", ".join(parts)


class StreamSender(_Socket):
    """Sends batches; the array's memory must not change until ZeroMQ is done with it.

    A publisher waits ``slow`` seconds for subscribers that have no room, and then sends without them;
    the last batch of an epoch waits for them ``drain`` seconds. A subscriber that left a batch behind is
    not waited for again until it has taken one.
    """

    def __init__(self, *urls: str, hwm: int = 2, refresh: float = 5.0, extension: bool = True,
                 checksum: bool = False, single: bool = False, slow: float = 0.1, drain: float = 5.0) -> None:  # fmt: skip
        super().__init__(urls, "send", hwm, refresh, -1)
        self.single = single
        self.checksum = checksum
        self.stream_id = int.from_bytes(os.urandom(8), "little") if extension and not single else None
        self.sequence = self.epoch = self.index = 0
        self.slow, self.drain, self.linger = slow, drain, drain
        self.subscriptions = self.drops = 0
        self._behind = False
        if self.role == "pub":
            self.socket.setsockopt(zmq.XPUB_VERBOSER, 1)

    def send(self, batch: Sequence, timeout: float = 60.0, last_of_epoch: bool = False,
             last_of_stream: bool = False, *, infos: Sequence[str] = (),
             shard: Optional[Tuple[int, int]] = None) -> None:  # fmt: skip
        """Sends one batch, or raises TimeoutError if nobody takes it in time; a publisher does not.

        ``infos`` name its tensors, with at most eight ASCII characters each. ``shard`` is the number of the shard it
        comes from, and its index there, told with the extension only.
        """
        if isinstance(infos, str) or len(infos) > len(batch):
            raise ValueError(f"infos: {infos!r} (expected: a sequence of a string for each of {len(batch)} tensors)")
        self.follow()
        origin, ends = None, last_of_epoch or last_of_stream
        if self.stream_id is not None:
            flags = LAST_OF_EPOCH * ends | LAST_OF_STREAM * last_of_stream | CHECKSUM * self.checksum
            number, place = (-1, -1) if shard is None else shard
            origin = Origin(self.stream_id, self.sequence, self.epoch, self.index, number, place,
                            flags=flags, sent_at=time.time_ns())  # fmt: skip
        frames = encode(batch, origin, infos)
        frames = [encode_single(frames)] if self.single else frames
        if self.role == "pub":
            self._publish(frames, ends)
        elif not self._sent_within(timeout, frames):
            raise TimeoutError(f"nobody took a batch within {timeout} s")
        self.sequence += 1
        self.index = 0 if ends else self.index + 1
        self.epoch += ends

    def _sent_within(self, timeout: float, frames: List) -> bool:
        self.socket.setsockopt(zmq.SNDTIMEO, int(1000 * timeout))
        try:
            self.socket.send_multipart(frames, copy=False)
            return True
        except zmq.Again:
            return False

    def _publish(self, frames: List, ends: bool) -> None:
        self._hear()
        if ends and self._behind:
            # ZeroMQ leaves out whoever left a batch behind, until it has room again; it does not tell when.
            self.closed.wait(self.drain)
            self._behind = False
        self.socket.setsockopt(zmq.XPUB_NODROP, 1)
        if not self._sent_within(self.drain if ends else self.slow, frames):
            self.drops += 1
            self._behind = True
            self.socket.setsockopt(zmq.XPUB_NODROP, 0)
            self.socket.send_multipart(frames, copy=False)

    def _hear(self) -> None:
        while self.socket.poll(0):
            self.subscriptions += {b"\1": 1, b"\0": -1}.get(self.socket.recv()[:1], 0)

    def await_subscriptions(self, count: int, timeout: float) -> bool:
        """Waits until so many topics are subscribed to, which is one for each subscriber of everything."""
        deadline = time.monotonic() + timeout
        while self.subscriptions < count:
            self.follow()
            self._hear()
            left = deadline - time.monotonic()
            if left <= 0:
                break
            self.socket.poll(int(1000 * min(left, 0.1)))
        return self.subscriptions >= count


# ---- command line


def main(arguments: Optional[List[str]] = None) -> int:
    parser = argparse.ArgumentParser(description="Receives or sends batches of tensors.")
    parser.add_argument("what", choices=["receive", "send"])
    parser.add_argument("url", nargs="+", help="in quotes where it has * ? & or #")
    parser.add_argument("--count", type=int, help="end after so many batches (default: 1000 when sending)")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long to wait for a batch, or for a peer")
    parser.add_argument("--account", metavar="FILE", help="write there what came, for tensormon --merge")
    options = parser.parse_args(arguments)
    if options.count is not None and options.count < 1:
        parser.error(f"--count: {options.count} (expected: >= 1)")
    logging.basicConfig(format="%(message)s")
    try:
        return (receive if options.what == "receive" else send)(options)
    except (ValueError, OSError, zmq.ZMQError) as e:
        print(f"tensorcom_stream: {e}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def receive(options) -> int:
    if options.account:
        open(options.account, "a").close()  # what cannot be written is said now, not at the end
    with StreamReceiver(*options.url, timeout=options.seconds) as receiver:
        signal.signal(signal.SIGTERM, lambda *_: receiver.finish())
        start = time.monotonic()
        try:
            for batch in receiver:
                if receiver.batches == 1:
                    print("first batch:", ", ".join(f"{t.dtype}{list(t.shape)}" for t in batch), flush=True)
                if receiver.batches >= (options.count or sys.maxsize):
                    break
        finally:
            print(receiver.report())
            seconds = time.monotonic() - start
            print(f"total: {receiver.batches} batches, {receiver.bytes} bytes, {seconds:.3f} seconds", flush=True)
            if options.account:
                with open(options.account, "w") as file:
                    file.writelines(line + "\n" for line in receiver.account())
    return 0


def send(options) -> int:
    images = np.zeros((32, 28, 28, 3), np.uint8)
    classes = np.arange(32, dtype=np.int32)
    count, sent, stopping = options.count or 1000, 0, threading.Event()
    with StreamSender(*options.url) as sender:
        if sender.role == "pub" and not sender.await_subscriptions(1, options.seconds):
            raise TimeoutError(f"no subscriber within {options.seconds} s")
        signal.signal(signal.SIGTERM, lambda *_: stopping.set())
        deadline, last, told = time.monotonic() + options.seconds, False, False
        while not last:
            if stopping.is_set() and not told:
                told, deadline = True, min(deadline, time.monotonic() + sender.drain)
            last = told or sent == count - 1
            try:
                # A second at a time, so that the signal is noticed.
                sender.send([images, classes], min(1.0, options.seconds), last_of_stream=last)
                sent, deadline = sent + 1, time.monotonic() + options.seconds
            except TimeoutError:
                last = False
                if time.monotonic() >= deadline:
                    raise TimeoutError(f"nobody takes a batch; {sent} were sent") from None
        print(f"total: {sent} batches, {sender.drops} left behind by slow subscribers")
    return 0


if __name__ == "__main__":
    sys.exit(main())
