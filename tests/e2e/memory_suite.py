"""A private suite that holds the registers of a district of 100 schools, and what each of its processes holds of memory."""

import http.client
import os
import secrets
import threading
import time
import urllib.parse

from bad_input_suite import Client, PrivateSuite, bench, login

DISTRICT, PLACE = "999901", "/v1/districts/999901"
CLERKS, SCHOOLS = 6, 100
# Tokens hold for ten minutes.
LOGIN_AGAIN = 300.0


class MemorySuite(PrivateSuite):
    def __init__(self):
        super().__init__()
        self._accounts, self._tokens, self._machines = {}, {}, set()
        self._lock = threading.Lock()

    def environment(self, name):
        environment = super().environment(name)
        if name == "gateway":
            environment["EDUDELTA_GATEWAY_LOGINS_PER_SECOND"] = "1000"
        return environment

    @property
    def processes(self):
        return (*bench.services(), "gateway")

    def memory(self):
        """What each process has of its own, in MiB: what the system could not take away from it."""
        return {name: anonymous_mib(self.pid(name)) for name in self.processes}

    def account(self, admin, name, *bindings):
        owner, account = name.split("/")
        secret = secrets.token_urlsafe(18)
        admin.must("POST", f"/v1/organizations/{owner}/users?user_id={account}", {
            "display_name": f"测试{account}", "bindings": [{"role": role, "prefix": prefix} for role, prefix in bindings]})
        admin.must("POST", f"/v1/organizations/{owner}/users/{account}:setPassword", {"password": secret, "lasting": True})
        self._accounts[name] = secret

    def partner(self, admin, name):
        """Makes the machine account of an organisation that may read the district's schools, by an agreement."""
        owner, account = name.split("/")
        admin.must("POST", f"/v1/organizations/{owner}/clients?client_id={account}", {"display_name": "测试客户端"})
        self._accounts[name] = admin.must("POST", f"/v1/organizations/{owner}/clients/{account}:rotateSecret", {})["client_secret"]
        self._machines.add(name)
        agreement, year = "agreements/memory", time.gmtime().tm_year
        ours, theirs = self.client("county/officer"), self.client(f"{owner}/officer")
        ours.must("POST", "/v1/agreements?agreement_id=memory", {
            "display_name": "测试协议", "provider": "organizations/county", "consumer": f"organizations/{owner}", "provider_districts": [DISTRICT],
            "purposes": ["STATISTICS"], "start_time": f"{year}-01-01T00:00:00Z", "end_time": f"{year + 2}-01-01T00:00:00Z",
            "daily_call_quota": 1000000, "daily_record_quota": 100000000, "retention_days": 30, "delivery": "DELIVERY_QUERY",
            "legal_ground": "测试", "obligations": "测试", "datasets": [{"dataset": "planning.School", "fields": ["display_name", "kind"]}]})
        content_hash = ours.must("POST", f"/v1/{agreement}:propose", {})["content_hash"]
        ours.must("POST", f"/v1/{agreement}:sign", {"content_hash": content_hash})
        theirs.must("POST", f"/v1/{agreement}:countersign", {"content_hash": content_hash})

    def token(self, name):
        with self._lock:
            token, made = self._tokens.get(name, ("", 0.0))
            if time.monotonic() - made > LOGIN_AGAIN:
                token = self._login(name)
                self._tokens[name] = (token, time.monotonic())
            return token

    def _login(self, name):
        if name not in self._machines:
            return login(self, name, self._accounts[name]).json["access_token"]
        form = urllib.parse.urlencode({"grant_type": "client_credentials", "client_id": name, "client_secret": self._accounts[name]})
        return Client(self).must("POST", "/oauth2/token", form, {"Content-Type": "application/x-www-form-urlencoded"})["access_token"]

    def client(self, name, purpose="", timeout=300):
        return Client(self, self.token(name), purpose, timeout=timeout)

    def clerk(self, number=0):
        return self.client(f"county/clerk{number % CLERKS}")


def anonymous_mib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("RssAnon:")) / 1024


def started():
    suite = MemorySuite()
    try:
        suite.make_certificate()
        suite.start(*bench.services())
        password = secrets.token_urlsafe(18)
        suite.run_service("exchange", "--bootstrap-admin", suite.private_file("admin.password", password))
        suite.start_gateway()
        admin = Client(suite, login(suite, "operator/admin", password).json["access_token"])
        for name, district in (("county", DISTRICT), ("far", "999902")):
            admin.must("POST", f"/v1/organizations?organization_id={name}",
                       {"display_name": f"测试{name}", "kind": "KIND_BUREAU", "districts": [district]})
        here = f"districts/{DISTRICT}"
        for number in range(CLERKS):
            suite.account(admin, f"county/clerk{number}", ("ROLE_BUREAU_CLERK", here), ("ROLE_SAFETY_OFFICER", here))
        suite.account(admin, "county/personnel", ("ROLE_BUREAU_CLERK", here), ("ROLE_SENSITIVE_READER", here))
        suite.account(admin, "county/officer", ("ROLE_AGREEMENT_OFFICER", "organizations/county"), ("ROLE_AGREEMENT_OFFICER", here))
        suite.account(admin, "far/officer", ("ROLE_AGREEMENT_OFFICER", "organizations/far"))
        suite.account(admin, "far/clerk", ("ROLE_BUREAU_CLERK", "districts/999902"))
        until(lambda: suite.clerk().ask("GET", f"{PLACE}/schools").status == 200)
        suite.partner(admin, "far/reader")
        load(suite)
        return suite
    except BaseException:
        suite.close()
        raise


def until(holds, seconds=60.0):
    """Polls because what it waits for happens in another process without telling."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds:.0f} s")
        time.sleep(0.05)


def files(suite):
    """(collection, CSV) of the district's registers, in the order in which they refer to each other."""
    for step in bench.generate_district(suite, SCHOOLS)["steps"]:
        with open(os.path.join(suite.path("district"), step["file"]), "rb") as file:
            yield "/v1/" + step["target"], file.read()


def load(suite):
    for target, data in files(suite):
        # What refers to a school waits for its coming through the feed.
        until(lambda: int(suite.clerk().load(target, data).json.get("error_count", 0)) == 0)


def together(count, work):
    """Calls work(0), work(1), ... at a time; what the first failed with."""
    failures = []

    def run(number):
        try:
            work(number)
        except (OSError, http.client.HTTPException):
            # Refused in the middle of what it sent.
            pass
        except Exception as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
