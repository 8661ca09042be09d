"""A private suite behind TLS, its accounts, a client that checks every error's shape, and proof that nothing changed."""

import base64
import contextlib
import http.client
import json
import os
import re
import secrets
import ssl
import subprocess
import sys
import time
import unittest
import urllib.parse

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "bench"))
import suite as bench  # noqa: E402

DISTRICT, OTHER = "310114", "320583"
SCHOOLS = f"/v1/districts/{DISTRICT}/schools"
TEACHERS = f"/v1/districts/{DISTRICT}/teachers"
SCHOOL = f"{SCHOOLS}/2131900001"
# Whatever a refused call could have touched. The outbox is left out: its relay works on its own time.
REGISTERS = {"planning": ["school", "school_history", "grade_enrollment", "grade_enrollment_history"],
             "teachers": ["teacher", "teacher_history"]}


class PrivateSuite(bench.Suite):
    def __init__(self):
        super().__init__()
        self._commands = {}
        # Ends what is left when the test itself is killed.
        self._guard = subprocess.Popen(
            ["sh", "-c", 'while read -r p; do [ "$p" = done ] && exit; all="$all $p"; done; kill -9 $all; rm -rf "$0"', self.folder],
            stdin=subprocess.PIPE, text=True, start_new_session=True)
        self.context = None
        self.port = 0

    def spawn(self, name, words, environment=None):
        self._commands[name] = (words, environment)
        pid = super().spawn(name, words, environment)
        self._guard.stdin.write(f"{pid}\n")
        self._guard.stdin.flush()
        return pid

    def close(self):
        super().close()
        self._guard.communicate("done\n")

    def environment(self, name):
        environment = super().environment(name)
        if name == "gateway":
            environment |= {"EDUDELTA_GATEWAY_LISTEN_ADDRESS": "127.0.0.1:0", "EDUDELTA_GATEWAY_LOGINS_PER_SECOND": "2",
                            "EDUDELTA_GATEWAY_TLS_CERT_FILE": self.path("gateway.pem"),
                            "EDUDELTA_GATEWAY_TLS_KEY_FILE": self.path("gateway.key")}
        return environment

    def make_certificate(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                        self.path("gateway.key"), "-out", self.path("gateway.pem"), "-days", "2", "-subj", "/CN=gateway",
                        "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        self.context = ssl.create_default_context(cafile=self.path("gateway.pem"))

    def start_gateway(self):
        path = self.path("gateway.log")
        begin = os.path.getsize(path) if os.path.exists(path) else 0
        self.start("gateway")
        for _ in range(600):
            with open(path, encoding="utf-8") as file:
                file.seek(begin)
                found = re.search(r'"port":(\d+)', file.read())
            if found:
                self.port = int(found[1])
                return self.wait_ready()
            time.sleep(0.05)
        raise RuntimeError("the gateway does not listen: " + self.log_end("gateway"))

    def wait_ready(self):
        for _ in range(600):
            with contextlib.suppress(OSError):
                if Client(self).ask("GET", "/status").status == 200:
                    return
            time.sleep(0.05)
        raise RuntimeError("the gateway is not ready: " + self.log_end("gateway"))

    def kill(self, name):
        """As kill -9 does."""
        self._processes[name].kill()
        self._processes.pop(name).wait(60)

    def reap(self, name):
        """Waits for the end of a process that was told to end. Its exit code."""
        return self._processes.pop(name).wait(60)

    def ended(self):
        return [name for name, process in self._processes.items() if process.poll() is not None]

    def again(self, name):
        """Starts a process that was stopped or killed, without waiting for it."""
        self.spawn(name, *self._commands[name])

    def database_again(self):
        self.again("mariadb")
        self.wait_database()

    def wait_database(self):
        for _ in range(1200):
            if subprocess.run([*self._sql(), "-e", "SELECT 1"], capture_output=True, check=False).returncode == 0:
                return
            time.sleep(0.05)
        raise RuntimeError("mariadbd did not start again: " + self.log_end("mariadb"))

    def registers(self):
        """One checksum per table."""
        listed = ", ".join(f"edudelta_{service}.{table}" for service, tables in REGISTERS.items() for table in tables)
        return self.sql(f"CHECKSUM TABLE {listed}")

    def count(self, service, table, where="1 = 1"):
        return int(self.sql(f"SELECT COUNT(*) FROM {table} WHERE {where}", f"edudelta_{service}")[0][0])


class Case(unittest.TestCase):
    """What every test here has; bad_input_test.py sets it before the first."""

    suite = None
    clients = {}

    @property
    def clerk(self):
        return self.clients["county/clerk"]

    @contextlib.contextmanager
    def unchanged(self):
        before = self.suite.registers()
        yield
        self.assertEqual(self.suite.registers(), before)

    def refused(self, answer, status, reason, field=None):
        self.assertEqual((answer.status, answer.reason), (status, reason), answer)
        if field is not None:
            self.assertEqual(answer.field, field, answer)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def reason(self):
        """Of a google.rpc.Status that a client can act on and a clerk can read; anything else is an error of its own."""
        status = self.json
        details = {detail["@type"].rsplit(".", 1)[1]: detail for detail in status["details"]}
        info, text = details["ErrorInfo"], details["LocalizedMessage"]
        if text["locale"] != "zh-CN" or not re.search("[\u4e00-\u9fff]", text["message"]):
            raise AssertionError(f"no Chinese text: {status}")
        if not info["domain"].endswith("edudelta") or not isinstance(status["code"], int) or status["code"] == 0:
            raise AssertionError(f"not a whole status: {status}")
        if "sql" in self.body.decode().lower().replace("sql_code", "") or "exception" in self.body.decode().lower():
            raise AssertionError(f"tells the inside: {status}")
        return info["reason"]

    @property
    def field(self):
        for detail in self.json["details"]:
            if detail["@type"].endswith(".BadRequest"):
                return detail["fieldViolations" if "fieldViolations" in detail else "field_violations"][0]["field"]
        return ""

    def __repr__(self):
        return f"{self.status} {self.body[:2000].decode(errors='replace')}"


class Client:
    """One kept connection, as one principal. Not thread-safe."""

    def __init__(self, suite, token="", purpose="", source=None, timeout=60):
        self._suite, self._token, self._purpose = suite, token, purpose
        self._source, self._timeout = source, timeout
        self.connection = self._connect()
        self._used = time.monotonic()

    def _connect(self):
        return http.client.HTTPSConnection("127.0.0.1", self._suite.port, timeout=self._timeout, context=self._suite.context,
                                           source_address=self._source)

    def headers(self, given=None):
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        if self._purpose:
            headers["Edudelta-Purpose"] = self._purpose
        return headers | (given or {})

    def ask(self, method, path, body=None, headers=None):
        headers = self.headers(headers)
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode()
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        # The gateway closes what has been idle for a minute.
        if self.connection.port != self._suite.port or time.monotonic() - self._used > 30:
            self.connection.close()
            self.connection = self._connect()
        self._used = time.monotonic()
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        except (OSError, http.client.HTTPException):
            self.connection.close()
            raise

    def must(self, method, path, body=None, headers=None):
        answer = self.ask(method, path, body, headers)
        if answer.status != 200:
            raise AssertionError(f"{method} {path}: {answer}")
        return answer.json if answer.body else {}

    def load(self, path, text, mode="partial", kind="text/csv", **query):
        """Imports a CSV text or bytes."""
        asked = urllib.parse.urlencode({"mode": mode} | query)
        return self.ask("POST", f"{path}:import?{asked}", text, {"Content-Type": kind})


def login(suite, name, secret, source=None):
    form = urllib.parse.urlencode({"grant_type": "password", "username": name, "password": secret})
    return Client(suite, source=source).ask("POST", "/oauth2/token", form, {"Content-Type": "application/x-www-form-urlencoded"})


ACCOUNTS = {
    "county/clerk": [("ROLE_BUREAU_CLERK", f"districts/{DISTRICT}")],
    "county/second": [("ROLE_BUREAU_CLERK", f"districts/{DISTRICT}")],
    "county/evaluator": [("ROLE_EVALUATOR", f"districts/{DISTRICT}")],
    "county/officer": [("ROLE_SAFETY_OFFICER", f"districts/{DISTRICT}")],
    "county/officer2": [("ROLE_SAFETY_OFFICER", f"districts/{DISTRICT}")],
    "county/personnel": [("ROLE_BUREAU_CLERK", f"districts/{DISTRICT}"), ("ROLE_SENSITIVE_READER", f"districts/{DISTRICT}")],
    "far/clerk": [("ROLE_BUREAU_CLERK", f"districts/{OTHER}")],
}


def start():
    """A whole suite with two schools and its accounts. Returns it and clients by name."""
    suite = PrivateSuite()
    try:
        suite.make_certificate()
        suite.start(*bench.services())
        password = secrets.token_urlsafe(18)
        suite.run_service("exchange", "--bootstrap-admin", suite.private_file("admin.password", password))
        suite.start_gateway()
        admin = Client(suite, login(suite, "operator/admin", password).json["access_token"])
        for name, district in (("county", DISTRICT), ("far", OTHER)):
            admin.must("POST", f"/v1/organizations?organization_id={name}",
                       {"display_name": f"测试{name}", "kind": "KIND_BUREAU", "districts": [district]})
        clients = {}
        for name, bindings in ACCOUNTS.items():
            owner, account = name.split("/")
            secret = secrets.token_urlsafe(18)
            admin.must("POST", f"/v1/organizations/{owner}/users?user_id={account}", {
                "display_name": f"测试{account}", "bindings": [{"role": role, "prefix": prefix} for role, prefix in bindings]})
            admin.must("POST", f"/v1/organizations/{owner}/users/{account}:setPassword", {"password": secret, "lasting": True})
            token = login(suite, name, secret).json["access_token"]
            clients[name] = Client(suite, token, "STATISTICS" if account == "personnel" else "")
            clients[name].token = token
        until_allowed(clients["county/clerk"])
        until_allowed(clients["far/clerk"], OTHER)
        for number in (1, 2):
            clients["county/clerk"].must("POST", f"{SCHOOLS}?school_id=213190000{number}", school())
        clients["far/clerk"].must("POST", f"/v1/districts/{OTHER}/schools?school_id=2132900001", school())
        return suite, clients
    except BaseException:
        suite.close()
        raise


def until_allowed(client, district=DISTRICT):
    """A new account is known to the gateway a moment after it was made."""
    for _ in range(200):
        answer = client.ask("GET", f"/v1/districts/{district}/schools")
        if answer.status == 200:
            return
        time.sleep(0.05)
    raise RuntimeError(f"the account is not known: {answer}")


def school(**changes):
    return {"display_name": "测试第一小学", "kind": "211", "holder": "831", "urban_rural": "111"} | changes


def teacher(number, **changes):
    return {"full_name": NAMES[number % len(NAMES)], "identity_number": identity(number), "gender": "12"[number % 2 == 0],
            "phone": f"1416{number:07d}", "school": SCHOOL[4:], "staff_kind": "11", "post_state": "11", "education": "21",
            "stage": "2"} | changes


NAMES = ["令狐验证", "欧阳测验", "司徒验收", "上官检错", "夏侯试错"]


def identity(number, day="19900101"):
    """A number with a right check digit in a region that does not exist."""
    body = f"990114{day}{number:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, weights)) % 11]


def decoded(token):
    """Header and claims of a token."""
    return [json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2]]
