# SPDX-License-Identifier: Apache-2.0
"""Tests of tensorcom_stream: python -m unittest test_tensorcom_stream"""

import contextlib
import io
import itertools
import json
import logging
import os
import pathlib
import random
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from unittest import mock

import numpy as np
import zmq

import tensorcom_stream as ts

logging.disable(logging.WARNING)

VECTORS = pathlib.Path(__file__).parent / "../../tensorcom-core/src/test/resources/vectors/hostile"


def hostile(name):
    data, frames = (VECTORS / f"{name}.frames").read_bytes(), []
    while data:
        (length,) = struct.unpack_from("<q", data)
        frames.append(data[8 : 8 + length])
        data = data[8 + length :]
    return frames


class Clock:
    """Runs, and can be set forward."""

    ahead = 0.0

    def __call__(self):
        return time.monotonic() + self.ahead


def listen(receiver, seconds):
    """So long in vain, in steps that are no pauses of the application."""
    for _ in range(seconds):
        receiver.clock.ahead += 1
        assert receiver.poll(0) is None


@contextlib.contextmanager
def one_that_is_not_listed_any_more(**options):
    """A sender, its receiver that does not find it any more, and the receiver's clock."""
    with ts.StreamSender("zrpush://127.0.0.1:0", hwm=100) as sender:
        places = [place_of(sender)]
        with mock.patch.object(ts.Url, "resolve", lambda self: list(places)):
            with ts.StreamReceiver("zrpull://some.name:7880", refresh=0, **options) as receiver:
                receiver.clock = Clock()
                sender.send([np.array([0])], timeout=20)
                assert receiver.socket.poll(20_000)
                places[:] = ["tcp://127.0.0.1:1"]
                receiver._look()
                receiver.follow()
                yield sender, receiver, receiver.clock


def take(receiver, number, stream_id=1, flags=0):
    """What the receiver makes of a batch of a connection that is not known."""
    frames = ts.encode([np.array([number])], ts.Origin(stream_id, number, flags=flags))
    return receiver._take([zmq.Frame(bytes(frame)) for frame in frames])


@contextlib.contextmanager
def two_publishers(**options):
    """Two senders, their receiver, which has the first batch of both, all of one of them, and its iterator."""
    with ts.StreamSender("zpub://127.0.0.1:0") as ending, ts.StreamSender("zpub://127.0.0.1:0") as other:
        urls = [each.endpoints[0].replace("tcp", "zsub") for each in (ending, other)]
        with ts.StreamReceiver(*urls, **options) as receiver:
            receiver.clock = Clock()
            assert ending.await_subscriptions(1, 20) and other.await_subscriptions(1, 20)
            other.send([np.array([0])])
            ending.send([np.array([0])], last_of_stream=True)
            batches = iter(receiver)
            next(batches), next(batches)
            yield other, receiver, batches


def place_of(sender):
    return sender.endpoints[0].replace("[::ffff:127.0.0.1]", "127.0.0.1")


def slow_crc(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for octet in data:
        crc ^= octet
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


class EncodingTest(unittest.TestCase):
    def test_crc_agrees_with_the_definition(self):
        self.assertEqual(ts.crc32c(b"123456789"), 0xE3069283)
        for length in (0, 1, 4095, 4096, 8192, 8193, 20_001):
            data = random.Random(length).randbytes(length)
            self.assertEqual(ts.crc32c(data), slow_crc(data), length)
            self.assertEqual(ts.crc32c(data[7:], ts.crc32c(data[:7])), slow_crc(data))

    def test_all_dtypes_come_back_in_both_encodings(self):
        for dtype in ts.DTYPES.values():
            batch = [np.arange(24).reshape(2, 3, 4).astype(dtype), np.zeros((0, 5), dtype)]
            frames = ts.encode(batch)
            for message in (frames, [ts.encode_single(frames)]):
                decoded, origin = ts.decode(message)
                self.assertIsNone(origin)
                for sent, came in zip(batch, decoded):
                    np.testing.assert_array_equal(sent, came)
                    self.assertEqual(sent.dtype, came.dtype)

    def test_extension_comes_back_and_later_words_are_ignored(self):
        origin = ts.Origin(2**64 - 3, 7, 2, 3, 4, 5, 6, ts.CHECKSUM | ts.LAST_OF_EPOCH | 64, 123)
        frames = ts.encode([np.arange(5000), np.ones(3, np.uint8)], origin)
        words = np.frombuffer(frames[0], "<i8").copy()
        words[5] = 14
        longer = np.append(words, [99, 98]).tobytes()
        for first in (frames[0], longer):
            batch, read = ts.decode([first, *frames[1:]])
            self.assertEqual(read, origin)
            self.assertEqual(batch[0][4999], 4999)

    def test_altered_data_is_refused(self):
        frames = ts.encode([np.arange(5000)], ts.Origin(1, 0, flags=ts.CHECKSUM))
        body = bytearray(frames[1])
        body[12_345] ^= 4
        with self.assertRaises(ts.MalformedBatch):
            ts.decode([frames[0], body])

    def test_nothing_but_a_refusal_comes_of_garbage(self):
        good = [bytes(frame) for frame in ts.encode([np.arange(9)], ts.Origin(1, 2))]
        single = ts.encode_single(good)
        rng = random.Random(1)
        refused = 0
        for _ in range(3000):
            frames = [bytearray(frame) for frame in (good if rng.random() < 0.5 else [single])]
            for _ in range(rng.randrange(1, 4)):
                frame = rng.choice(frames)
                frame[rng.randrange(min(len(frame), 48))] = rng.randrange(256)
            try:
                ts.decode(frames)
            except ts.MalformedBatch:
                refused += 1
        self.assertGreater(refused, 1000)


    def test_what_java_refuses_is_refused(self):
        verdicts = json.loads((VECTORS / "manifest.json").read_text())
        self.assertGreater(len(verdicts), 25)
        for name in verdicts:
            with self.subTest(name), self.assertRaises(ts.MalformedBatch):
                ts.decode(hostile(name))


class AccountTest(unittest.TestCase):
    def test_agrees_with_a_plain_set(self):
        rng = random.Random(2)
        for _ in range(200):
            account, plain = ts.StreamAccount(), set()
            duplicates = 0
            for _ in range(rng.randrange(1, 60)):
                number = rng.randrange(40)
                duplicates += number in plain
                plain.add(number)
                account.add(ts.Origin(1, number))
            self.assertEqual(account.received, len(plain))
            self.assertEqual(account.duplicates, duplicates)
            self.assertEqual(account.missing, max(plain) - min(plain) + 1 - len(plain))
            named = {n for a, b in account.gaps() for n in range(a, b + 1)}
            self.assertEqual(named, set(range(min(plain), max(plain))) - plain)

    def test_stays_bounded(self):
        account = ts.StreamAccount()
        account.most = 10
        for number in range(0, 100, 2):
            account.add(ts.Origin(1, number))
            self.assertLessEqual(len(account.ranges), 10)
        self.assertEqual(account.missing, 49)

    def test_should_know_fewer_ranges_of_each_when_there_are_more_streams(self):
        limits = mock.patch.multiple(ts.StreamAccount, MAX_RANGES=40, SURE_RANGES=8)
        with limits, ts.StreamReceiver("zpull://127.0.0.1:0") as receiver:
            for streams, most in ((1, 40), (2, 20), (10, 8)):
                for number in range(0, 200, 2):
                    for stream_id in range(streams):
                        take(receiver, 1000 * streams + number, stream_id)
                known = [len(account.ranges) for account in receiver.streams.values()]
                self.assertEqual(len(known), streams)
                self.assertLessEqual(max(known), most)
                self.assertGreater(min(known), most // 2)

    def test_should_hand_a_late_batch_out_when_what_came_before_is_not_known_any_more(self):
        with mock.patch.multiple(ts.StreamAccount, MAX_RANGES=10, SURE_RANGES=10):
            with ts.StreamReceiver("zpull://127.0.0.1:0") as receiver:

                for number in range(0, 40, 2):
                    take(receiver, number)
                self.assertIsNotNone(take(receiver, 7))
                account = receiver.streams[1]
                self.assertEqual((account.floor, account.ranges[0]), (23, (24, 24)))
                self.assertEqual((account.received, account.duplicates, account.unknown), (20, 0, 1))
                self.assertIn("not known any more whether twice 1", receiver.report())
                self.assertEqual(account.to_text(), "23?" + ",".join(map(str, range(24, 40, 2))))
                # Between what was forgotten and the oldest that is known nothing came, for sure.
                self.assertIsNotNone(take(receiver, 23))
                self.assertIsNone(take(receiver, 23))
                self.assertEqual((account.received, account.duplicates, account.unknown), (21, 1, 1))


class SocketTest(unittest.TestCase):
    def test_malformed_messages_are_counted_and_do_not_stop_the_stream(self):
        with ts.StreamReceiver("zpull://127.0.0.1:0", timeout=20) as receiver:
            garbage = zmq.Context.instance().socket(zmq.PUSH)
            garbage.connect(receiver.endpoints[0])
            names = json.loads((VECTORS / "manifest.json").read_text())
            for name in names:
                garbage.send_multipart(hostile(name))
            garbage.send_multipart(ts.encode([np.arange(3)], ts.Origin(9, 0, flags=ts.LAST_OF_STREAM)))
            batches = list(receiver)
            self.assertEqual(len(batches), 1)
            self.assertEqual(receiver.malformed, len(names))
            garbage.close(0)

    def test_poll_keeps_its_time_in_a_flood_of_garbage(self):
        with ts.StreamReceiver("zpull://127.0.0.1:0") as receiver:
            flood = mock.Mock(poll=lambda timeout: 1, recv_multipart=lambda copy: [zmq.Frame(b"x")])
            receiver.socket, real = flood, receiver.socket
            polled = threading.Thread(target=receiver.poll, args=(0.3,), daemon=True)
            polled.start()
            polled.join(20)
            self.assertFalse(polled.is_alive())
            self.assertGreater(receiver.malformed, 0)
            receiver.socket = real

    def test_should_tell_infos_and_shard_when_a_batch_is_sent_with_them(self):
        with ts.StreamReceiver("zpull://127.0.0.1:0") as receiver:
            with ts.StreamSender(receiver.endpoints[0].replace("tcp", "zpush"), hwm=10) as sender:
                batch = [np.zeros(3), np.ones(2), np.ones(1)]
                for i in range(2):
                    sender.send(batch, 20, infos=["img", "cls"], shard=(4, 17 + i))
                sender.send(batch, 20)
                # As it came: a receiver shows no infos.
                self.assertTrue(receiver.socket.poll(20_000))
                frames = receiver.socket.recv_multipart()
                infos = [header[8:16].rstrip(b"\0") for header in frames[::2]]
                self.assertEqual(infos, [b"img", b"cls", b""])
                self.assertEqual(ts.decode(frames)[1].shard_index, 17)
                for shard in ((4, 18, -1), (-1, -1, -1)):
                    self.assertIsNotNone(receiver.poll(20))
                    origin = receiver.origin
                    self.assertEqual((origin.shard, origin.shard_index, origin.shard_batches), shard)

    def test_should_tell_infos_when_a_batch_is_sent_as_one_frame(self):
        with ts.StreamReceiver("zpull://127.0.0.1:0") as receiver:
            with ts.StreamSender(receiver.endpoints[0].replace("tcp", "zpush"), single=True) as sender:
                sender.send([np.zeros(3)], 20, infos=["img"], shard=(4, 17))
                self.assertTrue(receiver.socket.poll(20_000))
                frames = ts.decode_single(receiver.socket.recv(), 2)
                self.assertEqual(bytes(frames[0][8:16]).rstrip(b"\0"), b"img")

    def test_too_large_a_message_is_not_received(self):
        with ts.StreamReceiver("zpull://127.0.0.1:0", max_bytes=10_000) as receiver:
            with ts.StreamSender(receiver.endpoints[0].replace("tcp", "zpush")) as sender:
                sender.send([np.zeros(20_000, np.uint8)])
                self.assertIsNone(receiver.poll(0.3))
                sender.close(0)

    def test_waiting_ends_when_nobody_is_there(self):
        start = time.monotonic()
        with ts.StreamReceiver("zsub://127.0.0.1:1", timeout=0.2) as receiver:
            with self.assertRaises(TimeoutError):
                receiver.receive()
        with ts.StreamSender("zpush://127.0.0.1:1") as sender:
            with self.assertRaises(TimeoutError):
                sender.send([np.zeros(3)], timeout=0.2)
            sender.close(0)
        self.assertLess(time.monotonic() - start, 10)

    def test_addresses_of_a_name_are_followed(self):
        servers = [ts.StreamSender("zpub://127.0.0.1:0") for _ in range(2)]
        places = [server.endpoints[0] for server in servers]
        with mock.patch.object(ts.Url, "resolve", lambda self: list(places)):
            with ts.StreamReceiver("zsub://some.name:7880", refresh=0.05) as receiver:
                heard, deadline = set(), time.monotonic() + 20
                while len(heard) < 2 and time.monotonic() < deadline:
                    for i, server in enumerate(servers):
                        server.send([np.array([i])])
                    batch = receiver.poll(0.05)
                    heard |= {int(batch[0][0])} if batch else set()
                self.assertEqual(heard, {0, 1})
                gone = places.pop()
                while gone in receiver.connected and time.monotonic() < deadline:
                    receiver.poll(0.05)
                self.assertEqual(receiver.connected, set(places))
        for server in servers:
            server.close(0)

    def test_what_has_come_of_a_server_that_is_not_listed_any_more_is_handed_out(self):
        with ts.StreamSender("zrpush://127.0.0.1:0") as sender:
            places = [sender.endpoints[0]]
            with mock.patch.object(ts.Url, "resolve", lambda self: list(places)):
                with ts.StreamReceiver("zrpull://some.name:7880", refresh=0) as receiver:
                    for i in range(2):
                        sender.send([np.array([i])], timeout=20)
                    self.assertTrue(receiver.socket.poll(20_000))
                    places[:] = ["tcp://127.0.0.1:1"]
                    receiver._look()
                    for i in range(2):
                        batch = receiver.poll(2)
                        self.assertIsNotNone(batch)
                        self.assertEqual(int(batch[0][0]), i)
                    self.assertEqual(receiver.connected, set(places))
                    self.assertEqual(len(receiver.leaving), 1)

    def test_should_hand_out_what_waits_of_a_server_when_it_was_not_listed_any_more_long_ago(self):
        with one_that_is_not_listed_any_more() as (sender, receiver, clock):
            for i in range(1, 8):
                sender.send([np.array([i])], timeout=20)
            for i in range(8):
                clock.ahead += 1
                self.assertTrue(receiver.socket.poll(20_000))
                batch = receiver.poll(2)
                self.assertIsNotNone(batch)
                self.assertEqual(int(batch[0][0]), i)
            self.assertEqual(len(receiver.leaving), 1)
            self.assertIsNone(receiver.poll(0))
            self.assertEqual(receiver.leaving, {})
            self.assertEqual(receiver.cut_off, set())

    def test_should_say_so_when_it_leaves_a_server_that_goes_on_sending(self):
        with one_that_is_not_listed_any_more() as (sender, receiver, clock):
            steps = 0
            while receiver.leaving and steps < 100:
                self.assertTrue(receiver.socket.poll(20_000))
                self.assertIsNotNone(receiver.poll(2))
                sender.send([np.array([1])], timeout=20)
                clock.ahead += 1
                steps += 1
            self.assertIn(steps, range(50, 62))
            self.assertIn(f"cut off, not listed any more: {place_of(sender)}", receiver.report())

    def test_should_not_call_a_server_cut_off_when_it_was_silent_and_had_its_turns(self):
        with one_that_is_not_listed_any_more() as (sender, receiver, clock):
            self.assertIsNotNone(receiver.poll(20))
            clock.ahead += ts.LONGEST_LEAVE
            for number in range(20):
                take(receiver, number)
            receiver._cut_off()
            self.assertEqual(receiver.leaving, {})
            self.assertEqual(receiver.cut_off, set())

    def test_should_not_leave_a_server_that_waits_when_the_application_paused(self):
        with one_that_is_not_listed_any_more() as (sender, receiver, clock):
            sender.send([np.array([1])], timeout=20)
            clock.ahead += 2 * ts.LONGEST_LEAVE
            for i in range(2):
                batch = receiver.poll(2)
                self.assertIsNotNone(batch)
                self.assertEqual(int(batch[0][0]), i)

    def test_iteration_waits_for_a_server_that_was_not_heard_yet(self):
        with ts.StreamSender("zpub://127.0.0.1:0") as first, ts.StreamSender("zpub://127.0.0.1:0") as late:
            urls = [each.endpoints[0].replace("tcp", "zsub") for each in (first, late)]
            with ts.StreamReceiver(*urls, timeout=20) as receiver:
                self.assertTrue(first.await_subscriptions(1, 20) and late.await_subscriptions(1, 20))
                numbers = []
                reading = threading.Thread(target=lambda: numbers.extend(int(b[0][0]) for b in receiver))
                first.send([np.array([1])], last_of_stream=True)
                reading.start()
                reading.join(0.5)  # it has ended by then if it does not wait
                late.send([np.array([2])])
                late.send([np.array([3])], last_of_stream=True)
                reading.join(20)
                self.assertEqual(numbers, [1, 2, 3])

    def test_should_end_when_a_server_died_and_the_others_have_ended(self):
        with two_publishers(timeout=11) as (other, receiver, batches):
            other.close(0)
            deadline = time.monotonic() + 20
            while any(map(ts._is_up, receiver.streams[other.stream_id].links)) and time.monotonic() < deadline:
                self.assertIsNone(receiver.poll(0.01))
            listen(receiver, 8)
            self.assertTrue(receiver.ended)
            self.assertIsNone(next(batches, None))
            said = f"{other.stream_id:016x}: .* from {place_of(other)}, .*, unknown tail .gone."
            self.assertRegex(receiver.report(), said)
            self.assertEqual(receiver.report().count("unknown tail"), 1)

    def test_should_wait_for_a_slow_server_when_the_others_have_ended(self):
        with two_publishers(timeout=11) as (other, receiver, batches):
            listen(receiver, 16)
            self.assertFalse(receiver.ended)
            self.assertRegex(receiver.report(), "unknown tail .silent for 1[5-9] s.")
            other.send([np.array([1])], last_of_stream=True)
            self.assertEqual([int(batch[0][0]) for batch in batches], [1])

    def test_should_not_blame_a_server_when_the_application_paused(self):
        with two_publishers(timeout=11) as (other, receiver, batches):
            receiver.clock.ahead += 60
            self.assertIsNone(receiver.poll(0))
            self.assertFalse(receiver._use_up_ends())
            listen(receiver, 12)
            self.assertTrue(receiver._use_up_ends())

    def test_should_end_by_the_timeout_when_a_server_stands_still_and_the_others_have_ended(self):
        with two_publishers(timeout=0.3) as (other, receiver, batches), mock.patch.object(ts.log, "warning") as warned:
            self.assertIsNone(next(batches, None))
            said = warned.call_args[0]
            self.assertIn(f"{other.stream_id:016x} of {place_of(other)}", said[0] % said[1:])
            self.assertTrue(receiver.ended)

    def test_should_name_who_is_silent_when_nobody_has_ended(self):
        with ts.StreamSender("zpub://127.0.0.1:0") as sender:
            with ts.StreamReceiver(sender.endpoints[0].replace("tcp", "zsub"), timeout=0.3) as receiver:
                self.assertTrue(sender.await_subscriptions(1, 20))
                sender.send([np.array([0])])
                self.assertIsNotNone(receiver.poll(20))
                for wait in (receiver.receive, lambda: list(receiver)):
                    with self.assertRaisesRegex(TimeoutError, f"{sender.stream_id:016x} of {place_of(sender)}"):
                        wait()

    def test_should_wait_for_a_server_that_was_not_heard_when_another_was_started_again(self):
        with ts.StreamReceiver(*(f"zsub://127.0.0.1:{port}" for port in (1, 2, 3))) as receiver:
            receiver.clock = Clock()
            take(receiver, 0, stream_id=1)
            receiver.clock.ahead += ts.GONE
            for stream_id in (2, 3):
                take(receiver, 0, stream_id, ts.LAST_OF_STREAM)
            self.assertFalse(receiver.ended)
            receiver.clock.ahead += ts.GONE
            self.assertTrue(receiver.ended)

    def test_a_server_of_two_addresses_is_heard_once(self):
        with ts.StreamSender("zpub://*:0", hwm=100) as sender:
            port = sender.endpoints[0].rsplit(":", 1)[1]
            place, other = f"tcp://127.0.0.1:{port}", f"tcp://127.0.0.2:{port}"
            with mock.patch.object(ts.Url, "resolve", lambda self: [place, other]):
                with ts.StreamReceiver("zsub://some.name:7880") as receiver:
                    self.assertTrue(sender.await_subscriptions(2, 20))
                    for i in range(50):
                        sender.send([np.array([i])], last_of_stream=i == 49)
                    numbers, deadline = [], time.monotonic() + 20
                    while time.monotonic() < deadline and sum(a.duplicates for a in receiver.streams.values()) < 50:
                        batch = receiver.poll(0.1)
                        numbers += [int(batch[0][0])] if batch else []
                    self.assertEqual(numbers, list(range(50)))
                    self.assertEqual(receiver.batches, 50)

    def test_a_name_has_its_addresses_of_version_4_or_else_6(self):
        def addresses(v4, v6):
            def getaddrinfo(host, port, family, kind):
                found = v4 if family == socket.AF_INET else v6
                if isinstance(found, int):
                    raise socket.gaierror(found, "as told")
                return [(family, kind, 6, "", (address, port)) for address in found]

            with mock.patch.object(socket, "getaddrinfo", getaddrinfo):
                return ts.Url.parse("zsub://some.name:7880").resolve()

        none, again = socket.EAI_NONAME, socket.EAI_AGAIN
        self.assertEqual(addresses(["10.0.0.1"], ["fd00::1"]), ["tcp://10.0.0.1:7880"])
        self.assertEqual(addresses(none, ["fd00::1"]), ["tcp://[fd00::1]:7880"])
        self.assertEqual(addresses(socket.EAI_NODATA, none), [])
        self.assertIsNone(addresses(again, ["fd00::1"]))
        self.assertIsNone(addresses(none, again))
        self.assertEqual(ts.Url.parse("zsub://[::1]:7880").resolve(), ["tcp://[::1]:7880"])

    def test_a_name_that_is_gone_twice_is_left_and_one_that_fails_is_kept(self):
        answers = {"a:1": ["tcp://127.0.0.1:1"], "b:1": ["tcp://127.0.0.2:1"]}
        with mock.patch.object(ts.Url, "resolve", lambda self: answers[self.place]):
            with ts.StreamReceiver("zsub://a:1", "zsub://b:1", refresh=0) as receiver:
                both = {"tcp://127.0.0.1:1", "tcp://127.0.0.2:1"}
                for answer, wanted in (([], both), (None, both), ([], both), ([], {"tcp://127.0.0.2:1"})):
                    answers["a:1"] = answer
                    receiver._look()
                    receiver.follow()
                    self.assertEqual(receiver.connected, wanted)
                answers["a:1"] = ["tcp://127.0.0.3:1"]
                receiver._look()
                self.assertEqual(receiver.wanted, {"tcp://127.0.0.2:1", "tcp://127.0.0.3:1"})

    def test_a_subscriber_that_reads_gets_all_that_is_sent_at_once(self):
        with ts.StreamSender("zpub://127.0.0.1:0", slow=20) as sender:
            with ts.StreamReceiver(sender.endpoints[0].replace("tcp", "zsub"), timeout=20) as receiver:
                self.assertTrue(sender.await_subscriptions(1, 20))
                batches = []
                reading = threading.Thread(target=lambda: batches.extend(receiver))
                reading.start()
                for i in range(200):
                    sender.send([np.full(100_000, i % 256, np.uint8)], last_of_stream=i == 199)
                reading.join(60)
                self.assertEqual(len(batches), 200)
                self.assertEqual(sender.drops, 0)

    def test_the_last_of_an_epoch_waits_for_a_slow_subscriber(self):
        with ts.StreamSender("zpub://127.0.0.1:0", slow=0.01, drain=2) as sender:
            with ts.StreamReceiver(sender.endpoints[0].replace("tcp", "zsub"), timeout=30) as receiver:
                self.assertTrue(sender.await_subscriptions(1, 20))
                go, numbers = threading.Event(), []

                def read():
                    go.wait(60)
                    for batch in receiver:
                        numbers.append(int(batch[0][0]))

                reading = threading.Thread(target=read)
                reading.start()
                count = 0
                # Until it is full, and then some, which ZeroMQ may leave out without a word.
                while sender.drops == 0:
                    sender.send([np.full(1 << 17, count)])
                    count += 1
                    self.assertLess(count, 10_000)
                for _ in range(3):
                    sender.send([np.full(1 << 17, count)])
                    count += 1
                threading.Timer(0.5, go.set).start()
                sender.send([np.full(1 << 17, count)], last_of_stream=True)
                reading.join(60)
                self.assertEqual(numbers[-1], count)
                self.assertLess(len(numbers), count + 1)
                self.assertEqual(receiver.streams[sender.stream_id].missing, count + 1 - len(numbers))

    def test_should_hand_out_what_waits_and_then_end_when_it_is_told_to_finish(self):
        with ts.StreamReceiver("zpull://127.0.0.1:0", hwm=5) as receiver:
            good = [ts.encode([np.array([i])], ts.Origin(1, i)) for i in range(3)]
            waiting = [[b"garbage"], *good[:2], good[0], good[2]]
            receiver.socket, real = mock.Mock(poll=lambda timeout: len(waiting)), receiver.socket
            receiver.socket.recv_multipart = lambda copy: [zmq.Frame(bytes(frame)) for frame in waiting.pop(0)]
            receiver.finish()
            self.assertEqual([int(batch[0][0]) for batch in receiver], [0, 1, 2])
            self.assertEqual(list(receiver), [])
            self.assertTrue(receiver.ended)
            receiver.socket = real

    def test_should_end_when_it_is_told_to_finish_and_senders_go_on(self):
        with ts.StreamReceiver("zsub://127.0.0.1:1", "zsub://127.0.0.1:2", hwm=5) as receiver:
            numbers = itertools.count()
            receiver.socket, real = mock.Mock(poll=lambda timeout: 1), receiver.socket
            receiver.socket.recv_multipart = lambda copy: [
                zmq.Frame(bytes(frame)) for frame in ts.encode([np.ones(3)], ts.Origin(1, next(numbers)))
            ]
            batches = iter(receiver)
            for _ in range(100):
                next(batches)
            receiver.finish()
            self.assertEqual(sum(1 for _ in itertools.islice(batches, 1000)), 2 * (5 + 1))
            receiver.socket = real

    def test_should_report_and_end_well_when_the_tool_is_told_to_end(self):
        with ts.StreamSender("zpub://127.0.0.1:0") as sender, tempfile.TemporaryDirectory() as folder:
            account = pathlib.Path(folder, "account")
            command = [sys.executable, ts.__file__, "receive", place_of(sender).replace("tcp", "zsub")]
            command += ["--account", str(account)]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as tool:
                killing = threading.Timer(60, tool.kill)
                killing.start()
                self.assertTrue(sender.await_subscriptions(1, 30))
                sender.send([np.zeros((2, 3), np.uint8)])
                self.assertEqual(tool.stdout.readline(), "first batch: uint8[2, 3]\n")
                tool.send_signal(signal.SIGTERM)
                said = tool.stdout.read()
                self.assertEqual(tool.wait(), 0)
                killing.cancel()
            self.assertRegex(said, f"{sender.stream_id:016x}: received 1, lost 0 of 1 from tcp://127.0.0.1:")
            self.assertRegex(said, "total: 1 batches")
            self.assertEqual(account.read_text(), f"{sender.stream_id:016x} -1 false 0 {place_of(sender)}\n")

    def test_should_end_the_stream_when_the_tool_that_sends_is_told_to_end(self):
        with ts.StreamReceiver("zpull://127.0.0.1:0", hwm=1) as receiver:
            command = [sys.executable, ts.__file__, "send", place_of(receiver).replace("tcp", "zpush")]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as tool:
                killing = threading.Timer(60, tool.kill)
                killing.start()
                self.assertIsNotNone(receiver.poll(30))
                tool.send_signal(signal.SIGTERM)
                for _ in receiver:
                    pass
                said = tool.stdout.read()
                self.assertEqual(tool.wait(), 0)
                killing.cancel()
            account = next(iter(receiver.streams.values()))
            self.assertTrue(account.ended)
            self.assertEqual(account.missing, 0)
            self.assertLess(account.received, 1000)
            self.assertRegex(said, f"total: {account.received} batches")

    @staticmethod
    def catches(pid, number):
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        return int(re.search(r"SigCgt:\s*(\w+)", status)[1], 16) >> (number - 1) & 1

    def test_should_end_soon_when_the_tool_is_told_to_end_and_nobody_takes_anything(self):
        command = [sys.executable, ts.__file__, "send", "zpush://127.0.0.1:1", "--seconds", "600"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tool:
            killing = threading.Timer(60, tool.kill)
            killing.start()
            while not self.catches(tool.pid, signal.SIGTERM):
                self.assertIsNone(tool.poll())
            tool.send_signal(signal.SIGTERM)
            said = tool.stderr.read()
            self.assertEqual(tool.wait(), 1)
            killing.cancel()
        self.assertEqual(said, "tensorcom_stream: nobody takes a batch; 0 were sent\n")

    def test_should_say_so_at_once_when_the_account_cannot_be_written(self):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            arguments = ["receive", "zsub://127.0.0.1:1", "--account", "/no/such/folder/file", "--seconds", "0.1"]
            self.assertEqual(ts.main(arguments), 1)
        self.assertRegex(printed.getvalue(), r"\Atensorcom_stream: .*/no/such/folder/file'\n\Z")

    def test_should_report_when_the_tool_ends_by_its_timeout(self):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            self.assertEqual(ts.main(["receive", "zsub://127.0.0.1:1", "--seconds", "0.1"]), 1)
        self.assertRegex(printed.getvalue(), "(?s)malformed: 0.*total: 0 batches.*not ended: nobody was heard")

    def test_the_command_line_waits_for_a_subscriber(self):
        printed = io.StringIO()
        with contextlib.redirect_stderr(printed):
            self.assertEqual(ts.main(["send", "zpub://127.0.0.1:0", "--seconds", "0.1"]), 1)
        self.assertIn("no subscriber", printed.getvalue())

    def test_the_command_line_sends_as_many_as_it_is_told(self):
        with tempfile.TemporaryDirectory() as folder:
            url = f"ipc://{folder}/socket"
            # By the script's own name, as a user would.
            sending = subprocess.Popen([sys.executable, ts.__file__, "send", "zpub+" + url, "--count", "1100"],
                                       stdout=subprocess.DEVNULL)
            killing = threading.Timer(60, sending.kill)
            killing.start()
            with ts.StreamReceiver("zsub+" + url, timeout=30) as batches:
                received = sum(1 for _ in batches)
            self.assertEqual(sending.wait(), 0)
            killing.cancel()
        self.assertEqual(received, 1100)

    def test_the_command_line_refuses_a_count_of_none(self):
        printed = io.StringIO()
        with contextlib.redirect_stderr(printed), self.assertRaises(SystemExit) as ended:
            ts.main(["send", "zpub://127.0.0.1:0", "--count", "0"])
        self.assertEqual(ended.exception.code, 2)
        self.assertIn("--count: 0 (expected: >= 1)", printed.getvalue())

    def test_what_to_install_is_said_in_one_line(self):
        script = pathlib.Path(ts.__file__)
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "numpy.py").write_text("raise ImportError(\"No module named 'numpy'\")")
            for arguments in (["--help"], ["receive", "zsub://127.0.0.1:1"]):
                ran = subprocess.run(
                    [sys.executable, str(script), *arguments],
                    env={**os.environ, "PYTHONPATH": folder}, stderr=subprocess.PIPE, text=True,
                )  # fmt: skip
                self.assertEqual(ran.returncode, 1)
                self.assertRegex(ran.stderr, r"\Atensorcom_stream: .*numpy.*: pip install numpy pyzmq.*\n\Z")

    def test_bad_urls_are_named(self):
        for url in ("tcp://a:1", "zsub://a", "zsub:/a:1", "zfoo://a:1"):
            with self.assertRaisesRegex(ValueError, "expected"):
                ts.StreamReceiver(url)
        with self.assertRaisesRegex(ValueError, "to receive"):
            ts.StreamReceiver("zpub://127.0.0.1:0")


class EpochTest(unittest.TestCase):
    """Batches are (stream, number, epoch, flags), and come when they are asked for."""

    END, LAST = ts.LAST_OF_EPOCH, ts.LAST_OF_STREAM

    @contextlib.contextmanager
    def receiver(self, batches, **options):
        with ts.StreamReceiver("zsub://127.0.0.1:1", "zsub://127.0.0.1:2", **options) as receiver:
            receiver.clock = Clock()
            coming = iter(batches)
            waiting = []

            def poll(timeout):
                waiting.extend(itertools.islice(coming, 1 - len(waiting)))
                return len(waiting)

            def receive(copy):
                stream, number, epoch, flags = waiting.pop()
                frames = ts.encode([np.array([stream, number])], ts.Origin(stream, number, epoch, flags=flags))
                return [zmq.Frame(bytes(frame)) for frame in frames]

            receiver.socket, real = mock.Mock(poll=poll, recv_multipart=receive), receiver.socket
            yield receiver
            receiver.socket = real

    @staticmethod
    def name(receiver):
        for stream_id, endpoint in zip((1, 2), sorted(receiver.connected)):
            receiver.streams[stream_id].peers = {endpoint}

    @staticmethod
    def read(epoch):
        return [tuple(map(int, batch[0])) for batch in epoch]

    def test_should_end_an_epoch_when_all_servers_have_ended_it(self):
        END, LAST = self.END, self.LAST
        batches = [(1, 0, 0, 0), (1, 1, 0, END), (1, 2, 1, 0), (2, 0, 0, END), (2, 1, 1, LAST), (1, 3, 1, LAST)]
        with self.receiver(batches) as receiver:
            self.assertEqual(self.read(receiver.epoch()), [(1, 0), (1, 1), (1, 2), (2, 0)])
            self.assertFalse(receiver.ended)
            self.assertEqual(self.read(receiver.epoch()), [(2, 1), (1, 3)])
            self.assertTrue(receiver.ended)

    def test_should_owe_nothing_when_the_end_of_an_epoch_was_lost_and_the_next_one_ends_with_its_first_batch(self):
        account = ts.StreamAccount()
        for number, epoch in enumerate((0, 2)):
            account.add(ts.Origin(1, number, epoch, flags=ts.LAST_OF_EPOCH))
        self.assertEqual(account.ended_epochs, 3)

    def test_should_end_an_epoch_when_a_server_died_and_the_others_go_on(self):
        def batches():
            yield 2, 0, 0, 0
            yield 1, 0, 0, self.END
            self.name(receiver)
            receiver.clock.ahead += ts.GONE
            for number in range(1, 1000):
                yield 1, number, 1, 0

        with self.receiver(batches()) as receiver:
            self.assertLess(len(self.read(receiver.epoch())), 50)
            self.assertIn("unknown tail (gone)", receiver.report())

    def test_should_not_take_a_server_for_gone_when_its_last_batches_may_wait(self):
        def batches():
            yield 2, 0, 0, 0
            yield 1, 0, 0, self.END
            self.name(receiver)
            receiver.clock.ahead += ts.GONE
            yield 1, 1, 1, 0
            yield 2, 1, 0, self.END

        with self.receiver(batches()) as receiver:
            self.assertEqual(self.read(receiver.epoch()), [(2, 0), (1, 0), (1, 1), (2, 1)])

    def test_should_owe_its_end_when_a_server_stood_still_while_the_others_ended(self):
        def batches():
            yield 2, 0, 0, 0
            yield 1, 0, 0, self.END
            receiver.streams[2].links = {ts._link(mock.Mock(get=lambda what: connection.fileno()))}
            receiver.clock.ahead += ts.GONE
            for number in range(1, 101):
                yield 1, number, 1, 0
            receiver.clock.ahead += 60
            yield 1, 101, 1, 0
            yield 2, 1, 0, self.END
            yield 2, 2, 1, 0
            yield 1, 102, 1, self.LAST
            yield 2, 3, 1, self.LAST

        with self.receiver(batches()) as receiver, socket.socket() as connection:
            self.assertEqual(self.read(receiver.epoch())[-1], (1, 101))
            self.assertEqual(self.read(receiver.epoch()), [(2, 1), (2, 2), (1, 102), (2, 3)])
            self.assertTrue(receiver.ended)

    def test_should_end_an_epoch_when_its_end_was_lost_and_a_later_one_is_heard_of(self):
        batches = [(1, 0, 0, self.END), (2, 0, 0, 0), (2, 2, 1, 0), (1, 1, 1, self.LAST), (2, 3, 1, self.LAST)]
        with self.receiver(batches) as receiver:
            self.assertEqual(self.read(receiver.epoch()), [(1, 0), (2, 0), (2, 2)])
            self.assertEqual(self.read(receiver.epoch()), [(1, 1), (2, 3)])

    def test_should_owe_nothing_when_several_ends_were_lost(self):
        account = ts.StreamAccount()
        account.add(ts.Origin(1, 0, 0))
        account.used_ends = 4
        account.add(ts.Origin(1, 9, 4))
        self.assertEqual(account.used_ends, account.ended_epochs)


if __name__ == "__main__":
    unittest.main()
