"""The measurements through the gateway, over REST on loopback without TLS."""

import http.client
import json
import re
import secrets
import subprocess
import threading
import time
import urllib.parse

from measure import GET_SCHOOL, SCHOOLS, Row, alternate, load, median, ratio_of, with_schools
from suite import cpu_seconds, services, tool

PORT = 18080
DISTRICT = "999915"
READERS = 4
SCRIPT = """
request = function()
  return wrk.format("GET", "/v1/districts/%s/schools/21" .. (90000000 + math.random(0, %d)))
end
"""


class Http:
    """One kept connection, as one principal. Not thread-safe."""

    def __init__(self, token="", purpose=""):
        self._connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        if purpose:
            self.headers["Edudelta-Purpose"] = purpose

    def ask(self, method, path, body=None):
        headers = dict(self.headers)
        if isinstance(body, dict):
            body, headers["Content-Type"] = json.dumps(body), "application/json"
        elif body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read().decode()

    def must(self, method, path, body=None):
        status, text = self.ask(method, path, body)
        if status != 200:
            raise RuntimeError(f"{method} {path}: {status} {text}")
        return json.loads(text)


def login(grant, name, secret):
    keys = ("username", "password") if grant == "password" else ("client_id", "client_secret")
    form = urllib.parse.urlencode({"grant_type": grant, keys[0]: name, keys[1]: secret})
    return Http().must("POST", "/oauth2/token", form)["access_token"]


def start(suite):
    """The gateway in front of planning and exchange, with a providing and a consuming organisation; tokens by role."""
    with_schools(suite)
    suite.start(*services())
    if not suite.runs("gateway"):
        password = secrets.token_urlsafe(18)
        bootstrapped = suite.path("admin.password")
        suite.run_service("exchange", "--bootstrap-admin", suite.private_file("admin.password", password))
        suite.start("gateway")
        wait_ready(suite)
        with open(bootstrapped, encoding="ascii") as file:
            make_accounts(Http(login("password", "operator/admin", file.read().strip())), suite)
    with open(suite.path("accounts.json"), encoding="ascii") as file:
        accounts = json.load(file)
    return {name: login(grant, principal, secret) for name, (grant, principal, secret) in accounts.items()}


def wait_ready(suite):
    for _ in range(300):
        try:
            if Http().ask("GET", "/status")[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise RuntimeError("the gateway is not ready: " + suite.log_end("gateway"))


def make_accounts(admin, suite):
    accounts = {}

    def organization(name, districts):
        admin.must("POST", f"/v1/organizations?organization_id={name}",
                   {"display_name": f"基准{name}", "kind": "KIND_BUREAU", "districts": districts})

    def user(name, *bindings):
        owner, account = name.split("/")
        password = secrets.token_urlsafe(18)
        admin.must("POST", f"/v1/organizations/{owner}/users?user_id={account}", {
            "display_name": f"基准{account}", "bindings": [{"role": role, "prefix": prefix} for role, prefix in bindings]})
        admin.must("POST", f"/v1/organizations/{owner}/users/{account}:setPassword", {"password": password, "lasting": True})
        accounts[name] = ("password", name, password)

    organization("county", [DISTRICT])
    organization("partner", [])
    user("county/clerk", ("ROLE_BUREAU_CLERK", f"districts/{DISTRICT}"))
    user("county/officer", ("ROLE_AGREEMENT_OFFICER", "organizations/county"), ("ROLE_AGREEMENT_OFFICER", f"districts/{DISTRICT}"))
    user("partner/officer", ("ROLE_AGREEMENT_OFFICER", "organizations/partner"))
    admin.must("POST", "/v1/organizations/partner/clients?client_id=reader", {"display_name": "基准客户端"})
    secret = admin.must("POST", "/v1/organizations/partner/clients/reader:rotateSecret", {})["client_secret"]
    accounts["partner/reader"] = ("client_credentials", "partner/reader", secret)
    suite.private_file("accounts.json", json.dumps(accounts))


def wrk_words(suite, token, seconds, connections):
    script = suite.private_file("read.lua", SCRIPT % (DISTRICT, SCHOOLS - 1))
    return [tool("wrk"), "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--latency", "-s", script,
            "-H", f"Authorization: Bearer {token}", f"http://127.0.0.1:{PORT}"]


def rest(suite, settings):
    token = start(suite)["county/clerk"]
    names = with_schools(suite)
    used = []

    def through_gateway():
        before = cpu_seconds(suite.pid("gateway"))
        text = subprocess.run(wrk_words(suite, token, settings.seconds, 64), check=True, capture_output=True, text=True).stdout
        if "Non-2xx" in text:
            raise RuntimeError(f"REST reads failed: {text}")
        requests = int(re.search(r"(\d+) requests in", text)[1])
        used.append((cpu_seconds(suite.pid("gateway")) - before) * 1e6 / requests)
        return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])

    def direct():
        return load(suite, "planning", GET_SCHOOL, settings, names=names, outstanding=64)["per_second"]

    through_gateway()
    ours, reference = alternate(settings.pairs, through_gateway, direct)
    yield Row("Point read REST/JSON through the gateway (HTTP/1.1, 64 connections)", f"{median(ours):,.0f}/s",
              f"direct gRPC {median(reference):,.0f}/s", "≥ 0.66x",
              f"{ratio_of(ours, reference)}; gateway {median(used):.0f} µs CPU/call")


# Revocation


class Reader(threading.Thread):
    """Reads one record as the partner without pause; keeps when each read began and ended, and whether it was allowed."""

    def __init__(self, token):
        super().__init__(daemon=True)
        self._http = Http(token, "STATISTICS")
        self.reads = []

    def run(self):
        refused = 0
        # A few more after the first refusal, to see that none is allowed again.
        while refused < 5:
            began = time.monotonic()
            status, text = self._http.ask("GET", f"/v1/districts/{DISTRICT}/schools/2190000001")
            self.reads.append((began, time.monotonic(), status, text))
            refused += status != 200


def make_active(number, county, partner):
    name, year = f"agreements/bench-{number}", time.gmtime().tm_year
    county.must("POST", f"/v1/agreements?agreement_id=bench-{number}", {
        "display_name": f"基准协议{number}", "provider": "organizations/county", "consumer": "organizations/partner",
        "provider_districts": [DISTRICT], "purposes": ["STATISTICS"],
        "start_time": f"{year}-01-01T00:00:00Z", "end_time": f"{year + 2}-01-01T00:00:00Z", "daily_call_quota": 1000000, "daily_record_quota": 1000000, "retention_days": 30,
        "delivery": "DELIVERY_QUERY", "legal_ground": "基准测量", "obligations": "基准测量",
        "datasets": [{"dataset": "planning.School", "fields": ["display_name", "kind"]}]})
    content_hash = county.must("POST", f"/v1/{name}:propose", {})["content_hash"]
    county.must("POST", f"/v1/{name}:sign", {"content_hash": content_hash})
    partner.must("POST", f"/v1/{name}:countersign", {"content_hash": content_hash})
    return name


def revoke_once(number, tokens):
    county, partner = Http(tokens["county/officer"]), Http(tokens["partner/officer"])
    name = make_active(number, county, partner)
    probe = Http(tokens["partner/reader"], "STATISTICS")
    until = time.monotonic() + 10
    while True:
        status, text = probe.ask("GET", f"/v1/districts/{DISTRICT}/schools/2190000001")
        if status == 200:
            break
        if time.monotonic() > until:
            raise RuntimeError(f"an active agreement lets nothing through: {status} {text}")
    readers = [Reader(tokens["partner/reader"]) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    time.sleep(0.03)
    sent = time.monotonic()
    county.must("POST", f"/v1/{name}:revoke", {})
    answered = time.monotonic()
    for reader in readers:
        reader.join(30)
    reads = [read for reader in readers for read in reader.reads]
    refused = sorted(end for _, end, status, _ in reads if status == 403)
    if not refused:
        raise RuntimeError(f"revoked, but not refused: {reads[-1]}")
    last_begun = max(began for began, _, status, _ in reads if status == 200)
    late = sum(1 for began, _, status, _ in reads if status == 200 and began > refused[0])
    return refused[0] - sent, last_begun - answered, late


def quantiles(values):
    values = sorted(values)
    at = [values[round(part * (len(values) - 1))] * 1000 for part in (0.5, 0.99)]
    return f"p50 {at[0]:.0f} ms, p99 {at[1]:.0f} ms, max {values[-1] * 1000:.0f} ms"


def revocation(suite, settings):
    tokens = start(suite)
    count = 200 if settings.pairs >= 7 else 10
    noise = subprocess.Popen(wrk_words(suite, tokens["county/clerk"], 3600, 8), stdout=subprocess.DEVNULL)
    refreshed, results = time.monotonic(), []
    try:
        for number in range(count):
            if time.monotonic() - refreshed > 300:
                tokens, refreshed = start(suite), time.monotonic()
            results.append(revoke_once(number, tokens))
    finally:
        noise.terminate()
        noise.wait()
    effect, after, late = zip(*results)
    yield Row("Revocation to effect, under full load",
              f"{count} revocations, {READERS} readers and 8 connections at full speed", "", "p50, p99",
              f"from sending it to the first refused read: {quantiles(effect)}")
    shift = max(after) * 1000
    yield Row("Reads allowed after a revocation", "", "", "reported",
              f"the last allowed read began {abs(shift):.0f} ms {'before' if shift < 0 else 'after'} "
              "the revocation was acknowledged; "
              f"allowed again after the first refusal: {sum(late)}")
