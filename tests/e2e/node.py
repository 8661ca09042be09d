"""One whole node for the tests of this folder: a private MariaDB, every service, the gateway on a free port, the demo's accounts.

Ends with the test. Everything goes in through the public API; `sql` is for oracles only.
"""

import atexit
import csv
import http.client
import io
import json
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
DEMO = os.path.join(ROOT, "deploy", "demo")
sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(ROOT, "tests", "bench"), DEMO]

import generate  # noqa: E402
import suite  # noqa: E402

ADMINISTRATOR = "organizations/operator/users/admin"
# Registers learn of schools through planning's feed; rows refused for want of their school are sent again.
FEED_PATIENCE = 60.0


def demo_json(name):
    with open(os.path.join(DEMO, name), encoding="utf-8") as file:
        return json.load(file)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(what, check, seconds=30.0):
    """Polls because what it waits for happens in another process without telling."""
    until = time.monotonic() + seconds
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.02)


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def __repr__(self):
        return f"{self.status} {self.body[:600].decode(errors='replace')}"

    def json(self):
        return json.loads(self.body)

    def _details(self):
        try:
            return self.json().get("details", [])
        except ValueError:
            return []

    @property
    def reason(self):
        return next((one["reason"] for one in self._details() if "reason" in one), "")

    @property
    def metadata(self):
        return next((one.get("metadata", {}) for one in self._details() if "reason" in one), {})

    @property
    def entry(self):
        return self.headers.get("Edudelta-Entry", "")


class Wire:
    """Kept connections to one gateway, one a thread. Thread-safe."""

    def __init__(self, port):
        self.port = port
        self._local = threading.local()
        self._lock = threading.Lock()
        self._all = []

    def open(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)

    def connection(self):
        """And whether it was used before."""
        kept = getattr(self._local, "connection", None)
        if kept is not None:
            return kept, kept.sock is not None
        self._local.connection = self.open()
        with self._lock:
            self._all.append(self._local.connection)
        return self._local.connection, False

    def close(self):
        for connection in self._all:
            connection.close()


class Http:
    """Requests as one principal."""

    def __init__(self, wire, token="", purpose=""):
        self._wire, self.token, self.purpose = wire, token, purpose

    def stating(self, purpose):
        return Http(self._wire, self.token, purpose)

    def _headers(self, extra):
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if self.purpose:
            headers["Edudelta-Purpose"] = self.purpose
        return headers | (extra or {})

    def ask(self, method, path, body=None, headers=None):
        headers = self._headers(headers)
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        path = urllib.parse.quote(path, safe="/?&=:%-._~,+")
        while True:
            connection, used = self._wire.connection()
            try:
                connection.request(method, path, body, headers)
                answer = connection.getresponse()
                return Reply(answer.status, answer.headers, answer.read())
            except (OSError, http.client.HTTPException) as failure:
                connection.close()
                # The gateway ends idle connections; one that was never used must answer.
                if not used or not isinstance(failure, (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError)):
                    raise

    def get(self, path, **query):
        return self.ask("GET", path + ("?" + urllib.parse.urlencode(query) if query else ""))

    def post(self, path, body=None, **query):
        return self.ask("POST", path + ("?" + urllib.parse.urlencode(query) if query else ""), {} if body is None else body)

    def must(self, method, path, body=None):
        reply = self.ask(method, path, body)
        if reply.status != 200:
            raise AssertionError(f"{method} {path}: {reply!r}")
        return reply.json() if reply.body else {}

    def pages(self, path, field, page_size=1000, **query):
        """Every record of a list, and the replies it came in."""
        rows, replies, token = [], [], ""
        while True:
            more = {"page_token": token} if token else {}
            reply = self.get(path, page_size=page_size, **query, **more)
            if reply.status != 200:
                raise AssertionError(f"GET {path} {query}: {reply!r}")
            replies.append(reply)
            rows += reply.json().get(field, [])
            token = reply.json().get("next_page_token", "")
            if not token:
                return rows, replies


class Node(suite.Suite):
    """`close` ends it. Accounts are those of deploy/demo/accounts.json; each gets its password when it is first used."""

    def __init__(self):
        super().__init__()
        # A test that is interrupted skips its cleanups.
        atexit.register(self.close)
        self.port = free_port()
        self.wire = Wire(self.port)
        self._tokens = {}
        self._passwords = {}
        self._logged_in = set()

    @classmethod
    def started(cls):
        node = cls()
        try:
            node._start_all()
        except BaseException:
            node.close()
            raise
        return node

    def close(self):
        atexit.unregister(self.close)
        self.wire.close()
        super().close()

    def anybody(self):
        return Http(self.wire)

    def environment(self, name):
        environment = super().environment(name)
        if name == "gateway":
            environment["EDUDELTA_GATEWAY_LISTEN_ADDRESS"] = f"127.0.0.1:{self.port}"
        return environment

    def _start_all(self):
        self.start(*suite.services())
        password = secrets.token_urlsafe(18)
        self.run_service("exchange", "--bootstrap-admin", self.private_file("admin.password", password))
        self._passwords[ADMINISTRATOR] = password
        self.start("gateway")
        eventually("the gateway is ready", self._is_ready, 60)
        self._make_accounts()

    def _make_accounts(self):
        for step in demo_json("accounts.json")["before"]:
            for request in step["requests"]:
                self.admin().must(request["method"], request["path"], request["body"])

    def _is_ready(self):
        try:
            return self.anybody().get("/status").status == 200
        except OSError:
            return False

    # Accounts

    def _token(self, form):
        reply = self.anybody().ask("POST", "/oauth2/token", urllib.parse.urlencode(form).encode(),
                                    {"Content-Type": "application/x-www-form-urlencoded"})
        if reply.status != 200:
            raise AssertionError(f"no token for {form}: {reply!r}")
        return reply.json()["access_token"]

    def admin(self):
        return self.user("operator/admin")

    def password(self, principal):
        if principal not in self._passwords:
            password = secrets.token_urlsafe(18)
            self.admin().must("POST", f"/v1/{principal}:setPassword", {"password": password, "lasting": True})
            self._passwords[principal] = password
        return self._passwords[principal]

    def user(self, short, purpose=""):
        """`short` is "jiading/clerk"."""
        organization, user = short.split("/")
        principal = f"organizations/{organization}/users/{user}"
        if principal not in self._tokens:
            form = {"grant_type": "password", "username": short, "password": self.password(principal)}
            self._tokens[principal] = self._token(form)
        return Http(self.wire, self._tokens[principal], purpose)

    def forget(self, short):
        """Whoever asks for this user next logs in anew."""
        organization, user = short.split("/")
        self._tokens.pop(f"organizations/{organization}/users/{user}", None)

    def client(self, short, purpose=""):
        organization, client = short.split("/")
        principal = f"organizations/{organization}/clients/{client}"
        if principal not in self._tokens:
            secret = self.admin().must("POST", f"/v1/{principal}:rotateSecret", {})["client_secret"]
            self._tokens[principal] = self._token(
                {"grant_type": "client_credentials", "client_id": short, "client_secret": secret})
        return Http(self.wire, self._tokens[principal], purpose)

    def secrets(self):
        """What may stand nowhere but with its owner: passwords and tokens of the accounts that were used."""
        return [*self._passwords.values(), *self._tokens.values()]

    # Command line

    def cli(self, short, *words, check=True):
        """Runs `edudelta` as a user with a home of its own; the finished process."""
        home = self.path("home." + short.replace("/", "."))
        os.makedirs(home, mode=0o700, exist_ok=True)
        environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": home, "XDG_CONFIG_HOME": home, "XDG_STATE_HOME": home,
                       "XDG_CACHE_HOME": home}
        program = [os.path.join(suite.BUILD, "gateway", "cli", "edudelta"), "--server", f"http://127.0.0.1:{self.port}"]
        organization, user = short.split("/")
        principal = f"organizations/{organization}/users/{user}"

        def run(words, must):
            done = subprocess.run(program + words, env=environment, capture_output=True, text=True, check=False)
            if must and done.returncode != 0:
                raise AssertionError(f"edudelta {words} as {short}: {done.returncode} {done.stderr}{done.stdout}")
            return done

        if short not in self._logged_in:
            file = self.private_file(f"{organization}.{user}.password", self.password(principal))
            run(["login", "--user", principal, "--password-file", file], True)
            self._logged_in.add(short)
        return run(list(words), check)

    # Registers

    def load(self, district, resources=None, through="rest"):
        """Generates one district of the demo and loads it; {resource: [row as dict]}."""
        spec = next(one for one in generate.specs.all_specs() if one.code == district)
        tables, _ = generate.district_tables(spec, generate.read_towns()[district])
        loaded = {}
        order = list(generate.RESOURCES)
        for resource, header, rows in sorted(tables, key=lambda table: order.index(table[0])):
            if resources is not None and resource not in resources:
                continue
            path = self.path(f"{district}.{resource}.csv")
            data = generate.write_csv(path, header, rows)
            target = f"districts/{district}/{generate.RESOURCES[resource][1]}"
            role = "inspector" if resource == "patrols" else "clerk"
            short = self._clerk(district).rsplit("/", 1)[0] + "/" + role
            if through == "cli":
                self._import_cli(short, target, path)
            else:
                self._import_rest(short, target, data)
            loaded[resource] = list(csv.DictReader(io.StringIO(data.decode())))
        return loaded

    @staticmethod
    def _clerk(district):
        for prefix, principal in demo_json("accounts.json")["clerks"].items():
            if district.startswith(prefix):
                return principal.removeprefix("organizations/").replace("/users/", "/")
        raise KeyError(district)

    def _import_rest(self, short, target, data):
        user = self.user(short)

        def whole():
            reply = user.ask("POST", f"/v1/{target}:import?mode=partial", data, {"Content-Type": "text/csv"})
            if reply.status != 200:
                raise AssertionError(f"import of {target}: {reply!r}")
            answer = reply.json()
            errors = answer.get("errors", [])
            if any("NOT_FOUND" not in str(error) and "REFERENCE" not in str(error) and "PARENT" not in str(error) for error in errors):
                raise AssertionError(f"import of {target}: {errors[:3]}")
            return not int(answer.get("error_count", 0))

        eventually(f"all rows of {target} are in", whole, FEED_PATIENCE)

    def _import_cli(self, short, target, path):
        def whole():
            done = self.cli(short, "import", target, path, "--mode", "partial", "--errors", path + ".errors", "--json", check=False)
            return not int(json.loads(done.stdout).get("error_count", 0))

        eventually(f"all rows of {target} are in", whole, FEED_PATIENCE)
