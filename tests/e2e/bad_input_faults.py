"""Clients, the database, a service and the gateway that go away in the middle; and what the logs say at the end."""

import contextlib
import glob
import http.client
import json
import os
import re
import signal
import socket
import ssl
import struct
import threading
import time
import uuid

from bad_input_rows import SCHOOL_HEADER, row
from bad_input_suite import NAMES, SCHOOL, SCHOOLS, TEACHERS, Case, Client, identity, school, teacher
from suite import services

PATIENCE = 30.0
# The gateway reads on while it works, so a file must be larger than what is on its way.
LONG_NAME = "测试" * 20


def eventually(what, check):
    """Polls because what it waits for happens in another process without telling."""
    until = time.monotonic() + PATIENCE
    while not (value := check()):
        if time.monotonic() > until:
            raise AssertionError(f"not within {PATIENCE:.0f} s: {what}")
        time.sleep(0.02)
    return value


class Clients(Case):
    def logged(self, name, trace):
        """The log line of one request, once it has ended there."""
        def find():
            with open(self.suite.path(name + ".log"), encoding="utf-8") as file:
                return [json.loads(line) for line in file if trace in line and ('"event":"request"' in line or '"event":"call"' in line)]
        return eventually(f"{name} ends {trace}", find)[-1]["fields"]

    def cut_off(self, first, mode, count=4000):
        """Sends most of a file and leaves. Returns how the request ended at the gateway."""
        trace = uuid.uuid4().hex
        body = (SCHOOL_HEADER + "".join(row(first + i, LONG_NAME) for i in range(count))).encode()
        raw = self.suite.context.wrap_socket(socket.create_connection(("127.0.0.1", self.suite.port)), server_hostname="127.0.0.1")
        raw.sendall((f"POST {SCHOOLS}:import?mode={mode} HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n"
                     f"Authorization: Bearer {self.clerk.token}\r\ntraceparent: 00-{trace}-00f067aa0ba902b7-01\r\n"
                     f"Content-Length: {len(body) + 1000}\r\n\r\n").encode() + body)
        if mode == "partial":
            eventually("a part has landed", lambda: self.landed(first, count))
            reset(raw)
        else:
            # Nothing shows that the request has been read; a reset could take it back, an end of the stream cannot.
            raw.shutdown(socket.SHUT_WR)
        ended = self.logged("gateway", trace)
        self.logged("planning", trace)
        raw.close()
        return ended

    def landed(self, first, count):
        return self.suite.count("planning", "school", f"school_id BETWEEN '{first}' AND '{first + count - 1}'")

    def test_gone_during_an_import(self):
        self.cut_off(2131910000, "partial")
        landed = self.landed(2131910000, 4000)
        self.assertGreater(landed, 0)
        self.assertLess(landed, 4000, "the client was cut off")
        # What landed is the beginning of the file, whole: each row with its one event.
        self.assertEqual(self.landed(2131910000, landed), landed)
        events = self.suite.sql("SELECT COUNT(*), COUNT(DISTINCT name) FROM outbox WHERE name LIKE '%/schools/213191____'", "edudelta_planning")
        self.assertEqual(events, [[str(landed)] * 2])
        again = self.clerk.load(SCHOOLS, SCHOOL_HEADER + "".join(row(2131910000 + i, LONG_NAME) for i in range(4000))).json
        self.assertEqual((again["unchanged_count"], again["created_count"]), (str(landed), str(4000 - landed)))

    def test_gone_during_an_atomic_import(self):
        with self.unchanged():
            self.cut_off(2131920000, "atomic")

    def test_gone_during_a_response(self):
        # More streams than there are workers: each must be let go.
        for _ in range(12):
            trace = uuid.uuid4().hex
            plain = socket.socket()
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            plain.connect(("127.0.0.1", self.suite.port))
            raw = self.suite.context.wrap_socket(plain, server_hostname="127.0.0.1")
            raw.sendall((f"GET {SCHOOLS}:export HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.clerk.token}\r\n"
                         f"traceparent: 00-{trace}-00f067aa0ba902b7-01\r\n\r\n").encode())
            self.assertTrue(raw.recv(100).startswith(b"HTTP/1.1 200"))
            reset(raw)
            self.logged("gateway", trace)
        whole = self.clerk.ask("GET", f"{SCHOOLS}:export")
        self.assertEqual(whole.body.decode().count("\n") - 1, self.suite.count("planning", "school", "district_id = '310114'"))


def reset(raw):
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(raw.detach())


class Writer(threading.Thread):
    """Creates schools one by one; each request is repeated, with its request id, until it is answered for good."""

    def __init__(self, case, first):
        super().__init__(daemon=True)
        self._client = Client(case.suite, case.clerk.token, timeout=20)
        self._first, self.stopping = first, threading.Event()
        self.acknowledged, self.reasons, self.wrong = [], set(), []

    def run(self):
        number = self._first
        while not self.stopping.is_set():
            mine = {"Idempotency-Key": str(uuid.uuid4())}
            until = time.monotonic() + PATIENCE
            while time.monotonic() < until:
                with contextlib.suppress(OSError, http.client.HTTPException):
                    answer = self._client.ask("POST", f"{SCHOOLS}?school_id={number}", school(), mine)
                    if answer.status == 200:
                        self.acknowledged.append(number)
                        break
                    self.reasons.add((answer.status, answer.reason))
                    if answer.status not in (409, 500, 503, 504):
                        self.wrong.append(answer)
                        return
                time.sleep(0.01)
            number += 1


@contextlib.contextmanager
def writing(case, first, count=4):
    """While its body runs, people write; after it, every acknowledged row is there once, with one event, and no other."""
    writers = [Writer(case, first + 1000 * i) for i in range(count)]
    for writer in writers:
        writer.start()
    eventually("everybody writes", lambda: all(len(writer.acknowledged) > 3 for writer in writers))
    yield writers
    seen = [len(writer.acknowledged) for writer in writers]
    eventually("everybody writes again", lambda: all(len(w.acknowledged) > n + 3 or w.wrong for w, n in zip(writers, seen)))
    for writer in writers:
        writer.stopping.set()
    for writer in writers:
        writer.join(PATIENCE)
    case.assertEqual([writer.wrong for writer in writers if writer.wrong], [])
    where = f"school_id BETWEEN '{first}' AND '{first + 1000 * count - 1}'"
    stored = [int(line[0]) for line in case.suite.sql(f"SELECT school_id FROM school WHERE {where} ORDER BY school_id", "edudelta_planning")]
    case.assertEqual(stored, sorted(number for writer in writers for number in writer.acknowledged))
    events = case.suite.sql("SELECT RIGHT(name, 10) AS id, COUNT(*) FROM outbox WHERE dataset = 'planning.School' GROUP BY name "
                            f"HAVING id BETWEEN '{first}' AND '{first + 1000 * count - 1}' ORDER BY id", "edudelta_planning")
    case.assertEqual(events, [[str(number), "1"] for number in stored])


class Database(Case):
    def test_restarted_in_the_middle(self):
        pids = {name: self.suite.pid(name) for name in (*services(), "gateway")}
        with writing(self, 2131930000) as writers:
            self.suite.stop("mariadb")
            answer = eventually("a write fails", lambda: not_ok(self.clerk.ask("PATCH", SCHOOL, {"address": "数据库停止时"})))
            self.refused(answer, 503, "DATABASE_UNAVAILABLE")
            self.assertEqual(answer.json["code"], 14)
            self.suite.database_again()
            eventually("writes succeed", lambda: self.clerk.ask("PATCH", SCHOOL, {"address": "数据库恢复后"}).status == 200)
        self.assertIn((503, "DATABASE_UNAVAILABLE"), set.union(*[writer.reasons for writer in writers]))
        self.clerk.must("POST", f"{TEACHERS}?teacher_id=t401", teacher(401))
        self.suite.wait_ready()
        self.assertEqual({name: self.suite.pid(name) for name in pids}, pids, "none was restarted")
        self.assertEqual(self.suite.ended(), [])

    def test_silent_in_the_middle(self):
        """As when a network drops packets: connections stand, and no answer comes."""
        with writing(self, 2131950000) as writers:
            database = self.suite.pid("mariadb")
            os.kill(database, signal.SIGSTOP)
            try:
                answer = eventually("a write is given up", lambda: not_ok(self.clerk.ask(
                    "PATCH", SCHOOL, {"address": "数据库无应答时"}, {"Edudelta-Timeout-Ms": "1000"})))
                self.assertIn(answer.status, (503, 504), answer)
                self.assertTrue(answer.reason)
                self.assertEqual(Client(self.suite).ask("GET", "/readyz").status, 200, "it is no fault of the gateway")
            finally:
                os.kill(database, signal.SIGCONT)
            eventually("writes succeed", lambda: self.clerk.ask("PATCH", SCHOOL, {"address": "数据库应答后"}).status == 200)
        self.assertFalse([writer.wrong for writer in writers if writer.wrong])
        self.suite.wait_ready()


def trusting():
    """For looking at a certificate, whoever made it."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def not_ok(answer):
    return answer if answer.status != 200 else None


class Processes(Case):
    def test_a_service_killed_and_restarted(self):
        with writing(self, 2131940000):
            self.suite.kill("planning")
            answer = eventually("planning is missed", lambda: not_ok(self.clerk.ask("GET", SCHOOL)))
            self.assertEqual((answer.status, answer.json["code"]), (503, 14), answer)
            self.assertTrue(answer.reason)
            eventually("not whole", lambda: Client(self.suite).ask("GET", "/status").status == 503)
            self.assertEqual(Client(self.suite).ask("GET", "/readyz").status, 200, "one service takes no gateway away")
            self.assertEqual(self.clerk.ask("GET", TEACHERS).status, 200, "the others answer")
            self.suite.again("planning")
            eventually("planning is back", lambda: self.clerk.ask("GET", SCHOOL).status == 200)
        self.suite.wait_ready()

    def test_a_service_that_is_replaced_fails_nobody(self):
        """Reads, and writes with a request id, wait for the new process; a call that the old one left is made again."""
        failed, done, over = [], [0, 0], threading.Event()

        def work(number):
            client = Client(self.suite, self.clerk.token)
            while not over.is_set():
                answer = (client.ask("PATCH", f"{SCHOOL}?request_id={uuid.uuid4()}", {"address": f"第{number}处"}) if number % 2
                          else client.ask("GET", SCHOOL))
                done[number % 2] += 1
                if answer.status != 200:
                    failed.append(answer)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for _ in range(3):
            before = sum(done)
            eventually("calls are made", lambda: sum(done) > before + 30)
            self.suite.stop("planning")
            self.suite.again("planning")
            self.suite.wait_ready()
        over.set()
        for thread in threads:
            thread.join()
        self.assertGreater(min(done), 30)
        self.assertEqual([str(answer) for answer in failed], [])

    def test_a_certificate_that_is_replaced(self):
        """Without a restart: the gateway's is read again."""
        def fingerprint():
            with socket.create_connection(("127.0.0.1", self.suite.port)) as raw, trusting().wrap_socket(raw) as secure:
                return secure.getpeercert(binary_form=True)

        before, pid = fingerprint(), self.suite.pid("gateway")
        self.suite.make_certificate()
        eventually("another certificate is shown", lambda: fingerprint() != before)
        self.assertEqual(self.suite.pid("gateway"), pid)
        self.assertEqual(Client(self.suite, self.clerk.token).ask("GET", SCHOOL).status, 200)

    def test_a_command_that_there_is_not(self):
        with self.assertRaisesRegex(RuntimeError, "COMMAND_UNKNOWN"):
            self.suite.run_service("exchange", "--bootstrap")

    def test_the_gateway_drains(self):
        """Eight clients in a loop: each gets whole answers, and then finds the door closed; none is cut off."""
        stop, failures, counts, counts_by = threading.Event(), [], [], {}

        def loop():
            client, count = Client(self.suite, self.clerk.token), 0
            while True:
                try:
                    if client.connection.sock is None:
                        client.connection.connect()
                except ConnectionRefusedError:
                    if not stop.is_set():
                        failures.append("refused before the drain")
                    break
                except OSError as error:
                    failures.append(repr(error))
                    break
                try:
                    client.connection.request("GET", SCHOOL, None, client.headers())
                    answer = client.connection.getresponse()
                    body = answer.read()
                    if answer.status != 200 or json.loads(body)["name"] != SCHOOL[4:]:
                        failures.append(f"{answer.status} {body[:200]}")
                        break
                except (OSError, http.client.HTTPException, ValueError) as error:
                    failures.append(repr(error))
                    break
                count += 1
                counts_by[threading.get_ident()] = count
            counts.append(count)

        people = [threading.Thread(target=loop, daemon=True) for _ in range(8)]
        for person in people:
            person.start()
        eventually("all are asking", lambda: len(counts_by) == 8 and min(counts_by.values()) > 20)
        stop.set()
        os.kill(self.suite.pid("gateway"), signal.SIGTERM)
        for person in people:
            person.join(PATIENCE)
        self.assertEqual(failures, [])
        self.assertEqual(len(counts), 8, "all have ended")
        self.assertEqual(self.suite.reap("gateway"), 0)
        self.suite.start_gateway()
        self.assertEqual(self.clerk.ask("GET", SCHOOL).status, 200)


class Secrets(Case):
    def test_nothing_personal_in_logs(self):
        secret = [identity(number) for number in (9, 151, 401)] + NAMES + ["1416000", "990114", "9.90114E"]
        found, lines = [], 0
        for path in glob.glob(self.suite.path("*.log")):
            with open(path, encoding="utf-8", errors="replace") as file:
                for line in file:
                    lines += 1
                    found += [(os.path.basename(path), line[:300]) for text in secret if text in line]
                    # The escaped form of the names, and anything in the shape of an identity number.
                    if re.search(r"\\u4ee4\\u72d0|(?<![0-9a-f-])[1-9]\d{16}[\dX](?![0-9a-f])", line):
                        found.append((os.path.basename(path), line[:300]))
                    if self.clerk.token in line or self.clerk.token.rsplit(".", 1)[1] in line:
                        found.append((os.path.basename(path), "a token"))
        self.assertEqual(found, [])
        self.assertGreater(lines, 500, "there was something to look at")

    def test_nothing_personal_at_rest(self):
        number = identity(151).encode()
        self.suite.sql("FLUSH TABLES")
        for path in glob.glob(self.suite.path("data/edudelta_*/*.ibd")):
            with open(path, "rb") as file:
                content = file.read()
            for text in [number, b"14160000151", "司徒验收".encode()]:
                self.assertNotIn(text, content, path)

    def test_no_process_ended_by_itself(self):
        self.assertEqual(self.suite.ended(), [])
