# SPDX-License-Identifier: Apache-2.0
"""Tests of tensorcom_stream: python -m unittest test_tensorcom_stream"""

import logging
import random
import time
import unittest
from unittest import mock

import numpy as np
import zmq

import tensorcom_stream as ts

logging.disable(logging.WARNING)


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
        with mock.patch.object(ts.StreamAccount, "MAX_RANGES", 10):
            for number in range(0, 100, 2):
                account.add(ts.Origin(1, number))
        self.assertEqual(len(account.ranges), 10)
        self.assertEqual(account.missing, 49)


class SocketTest(unittest.TestCase):
    def test_malformed_messages_are_counted_and_do_not_stop_the_stream(self):
        with ts.StreamReceiver("zpull://127.0.0.1:0", timeout=20) as receiver:
            garbage = zmq.Context.instance().socket(zmq.PUSH)
            garbage.connect(receiver.endpoints[0])
            rank = np.array([ts._word("f4"), 0, 1, 1 << 62], "<i8").tobytes()
            for frames in ([b""], [b"x" * 100], [b"", b""], [rank, b"1234"], [b"1", b"2", b"3"]):
                garbage.send_multipart(frames)
            garbage.send_multipart(ts.encode([np.arange(3)], ts.Origin(9, 0, flags=ts.LAST_OF_STREAM)))
            batches = list(receiver)
            self.assertEqual(len(batches), 1)
            self.assertEqual(receiver.malformed, 5)
            garbage.close(0)

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

    def test_bad_urls_are_named(self):
        for url in ("tcp://a:1", "zsub://a", "zsub:/a:1", "zfoo://a:1"):
            with self.assertRaisesRegex(ValueError, "expected"):
                ts.StreamReceiver(url)
        with self.assertRaisesRegex(ValueError, "to receive"):
            ts.StreamReceiver("zpub://127.0.0.1:0")


if __name__ == "__main__":
    unittest.main()
