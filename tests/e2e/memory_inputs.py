"""What a process may be made to hold: one function for each kind of input, as much of it at a time as clients are let do."""

import contextlib
import json
import socket
import threading
import time
import urllib.parse

from bad_input_suite import Client, login
from memory_suite import CLERKS, DISTRICT, PLACE, together

MIB = 1 << 20
SCHOOLS, TEACHERS = f"{PLACE}/schools", f"{PLACE}/teachers"
SCHOOL_HEADER = "school,display_name,kind,holder,urban_rural,town_code,address\n"
PLAN = f"{PLACE}/workPlans/large"
LARGE_TASKS = 16
# Eight streams for each of two people are all that the gateway runs at a time.
STREAMS = 16


def connected(suite, receive=None):
    plain = socket.socket()
    if receive:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    plain.settimeout(60)
    plain.connect(("127.0.0.1", suite.port))
    return suite.context.wrap_socket(plain, server_hostname="127.0.0.1")


def pour(suite, head, piece, size, end=b""):
    """Sends the head, and the piece again and again, until so many bytes are sent or nobody takes them; then the end."""
    with connected(suite) as raw, contextlib.suppress(OSError):
        raw.sendall(head)
        sent, block = 0, piece * max(1, 65536 // len(piece))
        while sent < size:
            raw.sendall(block)
            sent += len(block)
        raw.sendall(end)
        while raw.recv(65536):
            pass


def post(suite, path, kind, length=None, number=0):
    framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    return (f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {suite.token(f'county/clerk{number % CLERKS}')}\r\n"
            f"Content-Type: {kind}\r\n{framing}\r\n\r\n").encode()


# Before anybody has logged in


def endless_heads(suite):
    form = b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    chunked = form + b"Transfer-Encoding: chunked\r\n\r\n"
    shapes = [(chunked + b"3;a=", b"b"), (chunked + b"3\r\na=b\r\n0\r\n", b"x: y\r\n"), (chunked + b"0\r\n", b"x"),
              (chunked, b"0"), (form, b"x: y\r\n"), (form + b"x: ", b"y"), (b"GET /", b"x"), (chunked, b"1\r\na\r\n")]
    together(32, lambda i: pour(suite, *shapes[i % len(shapes)], 32 * MIB))


def connections(suite):
    held = []
    with contextlib.ExitStack() as stack:
        for number in range(500):
            with contextlib.suppress(OSError):
                raw = stack.enter_context(connected(suite))
                raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" if number % 2 else b"GET /healthz HTTP/1.1\r\nX: " + b"y" * 15000)
                held.append(raw)


def logins(suite):
    together(8, lambda i: [login(suite, f"nowhere{i}/{n}" + "x" * 200, "x" * 4000, (f"127.0.{i}.{n % 250 + 1}", 0)) for n in range(60)])


# Imports


def endless_files(suite):
    commas = (f"{SCHOOLS}:import?mode=partial", "text/csv", b"", b",")
    shapes = [commas, (commas[0], "text/csv", b"", b"x"), (commas[0], "text/csv", SCHOOL_HEADER.encode() + b'2131900001,"', b"x\n"),
              (commas[0], "text/csv", SCHOOL_HEADER.encode(), b",,,,,,\n"), (commas[0], "application/x-ndjson", b"", b'{"address":"x",'),
              (commas[0], "application/x-ndjson", b"", b"["), (commas[0], "application/x-ndjson", b"", b'{"name":1}\n')]

    def one(number):
        path, kind, head, piece = shapes[number % len(shapes)]
        size = 10 * MIB
        pour(suite, post(suite, path, kind, size + len(head), number) + head, piece, size)
    together(STREAMS, one)


def bad_rows(suite):
    text = (SCHOOL_HEADER + "".join(f"21319{i % 100000:05d},{'校' * 100},999,999,999,1,{'址' * 200}\n" for i in range(8000))).encode()
    together(STREAMS, lambda i: suite.clerk(i).load(SCHOOLS, text))
    ndjson = "".join(json.dumps({"name": f"districts/{DISTRICT}/schools/21319{i:05d}", "display_name": "x" * 5000, "kind": "999"}) + "\n"
                     for i in range(2000)).encode()
    together(STREAMS, lambda i: suite.clerk(i).load(SCHOOLS, ndjson, kind="application/x-ndjson"))


def school_rows(first, count, long="址"):
    return (SCHOOL_HEADER + "".join(f"{first + i},测试第{i:05d}小学,211,831,111,999901101,{long * 190}\n" for i in range(count))).encode()


def atomic_imports(suite):
    """Of as many rows as one transaction takes; each stands in the way of the others, and the last row of half of them is bad."""
    def one(number):
        bad = b"x,,,,,,\n" if number % 2 else b""
        suite.clerk(number).load(SCHOOLS, school_rows(2131910000, 2000, "城址"[number % 2]) + bad, mode="atomic")
    together(STREAMS, one)
    together(STREAMS, lambda i: suite.clerk(i).load(SCHOOLS, school_rows(2131910000, 20000), mode="atomic"))


def whole_registers(suite):
    """5,000 rows each, of which four hold the same."""
    together(8, lambda i: suite.clerk(i).load(SCHOOLS, school_rows(2131920000 + 5000 * (i // 4), 5000, "城址"[i % 2])))


def cut_uploads(suite):
    def one(number):
        body = school_rows(2131910000, 3000)
        raw = connected(suite)
        with contextlib.suppress(OSError):
            raw.sendall(post(suite, f"{SCHOOLS}:import?mode={('atomic', 'partial')[number % 2]}", "text/csv", 2 * len(body), number) + body)
            time.sleep(1)
        raw.close()
    together(2 * STREAMS, one)


# Rows as large as their declaration allows


def partners(number):
    return [f"{number}-{i}-" + "x" * 990 for i in range(990)]


def large_rows(suite):
    clerk = suite.clerk()
    clerk.ask("POST", f"{PLACE}/workPlans?work_plan_id=large", {
        "display_name": "大任务", "start_date": "2026-01-01", "end_date": "2026-12-31"})

    def one(number):
        mine = suite.clerk(number)
        for task in range(number, LARGE_TASKS, 8):
            body = {"display_name": f"任务{task}", "partners": partners(task)}
            if mine.ask("POST", f"{PLAN}/tasks?plan_task_id=t{task}", body).status == 200:
                for change in range(3):
                    mine.ask("PATCH", f"{PLAN}/tasks/t{task}", {"partners": partners(task + change)})
    together(8, one)
    ndjson = "".join(json.dumps({"name": f"{PLAN[4:]}/tasks/n{task}", "display_name": "任务", "partners": partners(task)}) + "\n"
                     for task in range(LARGE_TASKS)).encode()
    together(8, lambda i: suite.clerk(i).load(f"{PLAN}/tasks", ndjson, kind="application/x-ndjson"))


def large_reads(suite):
    paths = [f"{PLAN}/tasks?page_size=1000", f"{PLAN}/tasks:export?format=ndjson", f"{PLAN}/tasks:export",
             f"{PLAN}/tasks/t1:listRevisions?page_size=50", f"{PLAN}/tasks?page_size=2", f"{PLAN}/tasks/t2"]
    together(24, lambda i: [suite.clerk(i).ask("GET", paths[(i + n) % len(paths)]) for n in range(2)])


# Bodies


def large_bodies(suite):
    create = f"{SCHOOLS}:batchCreate"
    row = {"display_name": "校" * 100, "kind": "211", "holder": "831", "urban_rural": "111", "address": "址" * 200}
    requests = [{"school_id": f"21319{50000 + i}", "school": row} for i in range(1000)]
    bodies = [(create, json.dumps({"requests": requests})), (create, "[" * (4 * MIB - 10)), (create, '{"requests":[' + "{}," * MIB + "{}]}"),
              (create, '{"requests":[' + '{"school":' * 300000), (f"{PLAN}/tasks?plan_task_id=z", json.dumps({"partners": ["x"] * 800000})),
              (f"{PLAN}/tasks?plan_task_id=z", json.dumps({"note": "\u6821" * 600000})), (f"{SCHOOLS}?school_id=1", '{"display_name":"' + "x" * (4 * MIB - 50) + '"}'),
              (f"{SCHOOLS}?school_id=1", json.dumps({f"a{i}": i for i in range(200000)}))]
    together(48, lambda i: suite.clerk(i).ask("POST", *bodies[i % len(bodies)]))


# Reads


def wide_lists(suite):
    past = urllib.parse.quote(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
    paths = [f"{TEACHERS}?page_size=1000", f"{PLACE}/schools/-/buildings/-/rooms?page_size=1000", f"{TEACHERS}?page_size=1000&read_time={past}",
             f"{PLACE}/schools?page_size=1000", f"{PLACE}/schools/-/gradeEnrollments?page_size=1000"]
    together(48, lambda i: [suite.clerk(i).ask("GET", paths[(i + n) % len(paths)]) for n in range(3)])


def many_statements(suite):
    """No two filters have the same text, so each is a statement of its own, with hundreds of values."""
    def one(number):
        clerk = suite.clerk(number)
        for count in range(1, 40):
            names = ", ".join(f'"{n:04d}{"x" * 60}"' for n in range(1 + (count * 7 + number * 13) % 180))
            others = ' AND '.join(f'{field} != "{count}"' for i, field in enumerate(("kind", "holder", "urban_rural", "town_code")) if count >> i & 1)
            text = f"display_name IN ({names})" + (f" AND {others}" if others else "")
            clerk.ask("GET", f"{SCHOOLS}?{urllib.parse.urlencode({'filter': text, 'page_size': 1000})}")
            clerk.ask("GET", f"{TEACHERS}?{urllib.parse.urlencode({'filter': f'''school IN ({names})''', 'page_size': 1000})}")
    together(16, one)


def slow_exports(suite):
    """Readers who take a little and wait; then they leave, each with most of its file unread."""
    paths = [f"{PLACE}/schools/-/buildings/-/rooms:export", f"{TEACHERS}:export?format=ndjson", f"{PLAN}/tasks:export?format=ndjson"]

    def one(number):
        with connected(suite, receive=4096) as raw, contextlib.suppress(OSError):
            raw.sendall((f"GET {paths[number % len(paths)]} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                         f"{suite.token(f'county/clerk{number % CLERKS}')}\r\n\r\n").encode())
            for _ in range(20):
                raw.recv(1000)
                time.sleep(0.25)
    together(2 * STREAMS, one)


def whole_exports(suite):
    paths = [f"{PLACE}/schools/-/buildings/-/rooms:export", f"{TEACHERS}:export?format=ndjson", f"{PLACE}/schools:export"]
    together(STREAMS, lambda i: suite.clerk(i).ask("GET", paths[i % len(paths)], None, {"Accept-Encoding": ("gzip", "identity")[i % 2]}))
    clear = Client(suite, suite.token("county/personnel"), "STATISTICS", timeout=120)
    clear.ask("GET", f"{TEACHERS}:export")
    for _ in range(10):
        clear.ask("GET", f"{TEACHERS}?page_size=1000")


def evaluations(suite):
    def one(number):
        evaluator = suite.clerk(number)
        report = evaluator.ask("POST", f"{PLACE}:evaluateBalance", {"school_year": 2025})
        if report.status == 200:
            for _ in range(2):
                evaluator.ask("GET", f"/v1/{report.json['name']}:recompute")
                evaluator.ask("POST", f"/v1/{report.json['name']}:recompute", {})
        evaluator.ask("GET", f"{PLACE}:summarizeStaff")
        evaluator.ask("GET", f"{PLACE}:summarizeFacilities")
    together(8, one)


def refusals(suite):
    """Names that nobody knows, of accounts, addresses, rows and reasons."""
    far = [Client(suite, suite.token("far/clerk"), "STATISTICS") for _ in range(8)]

    def one(number):
        clerk = suite.clerk(number)
        for n in range(100):
            clerk.ask("GET", f"{SCHOOLS}/2131{number:02d}{n:04d}")
            clerk.ask("GET", f"/v1/no/{number}/where{n}")
            clerk.ask("GET", f"{SCHOOLS}?nothing{n}=1", None, {"X-Request-Id": f"{number}-{n}" + "x" * 100})
            far[number].ask("GET", f"{SCHOOLS}?page_size={n + 1}")
    together(8, one)


ALL = [endless_heads, connections, logins, endless_files, bad_rows, atomic_imports, whole_registers, cut_uploads, large_rows, large_reads,
       large_bodies, wide_lists, many_statements, slow_exports, whole_exports, evaluations, refusals]


def watched(work, sample):
    """Calls sample() a few times a second while the work goes on."""
    over = threading.Event()

    def look():
        while not over.wait(0.2):
            sample()
    looking = threading.Thread(target=look)
    looking.start()
    try:
        work()
    finally:
        over.set()
        looking.join()
