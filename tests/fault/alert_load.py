"""What people and partners do while faults are injected: a little of everything, all the time."""

import random
import threading
import time

LOGIN_AGAIN = 240.0
SCHOOLS = "/v1/districts/310114/schools"


class Load:
    """Begins at once. `readers` holds the partners that come; one that is taken out has fallen silent."""

    def __init__(self, node, partners):
        self.node, self.readers = node, set(partners)
        self.answers = 0
        self._stop = threading.Event()
        self._logins = {}
        self._threads = [threading.Thread(target=self._run, args=(work,), daemon=True)
                         for work in (self._clerk, self._writer, self._partners)]
        for thread in self._threads:
            thread.start()

    def close(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def account(self, short, client=False):
        """With a token that is fresh enough."""
        account, since = self._logins.get(short, (None, 0.0))
        if account is None or time.monotonic() - since > LOGIN_AGAIN:
            kind = "clients" if client else "users"
            organization, name = short.split("/")
            self.node._tokens.pop(f"organizations/{organization}/{kind}/{name}", None)
            account = self.node.client(short, "STATISTICS") if client else self.node.user(short)
            self._logins[short] = (account, time.monotonic())
        return account

    def _run(self, work):
        while not self._stop.wait(0.1):
            try:
                work()
                self.answers += 1
            # What is away is the fault's making.
            except (OSError, AssertionError, ValueError, KeyError):
                self._stop.wait(0.3)

    def _clerk(self):
        clerk = self.account("jiading/clerk")
        for register in ("schools", "teachers", "buildings", "inspectionPoints"):
            clerk.get(f"/v1/districts/310114/{register}", page_size=5)
        self.account("operator/admin").get("/v1/organizations", page_size=5)

    def _writer(self):
        school = random.choice(self.node.schools)
        self.account("jiading/clerk").ask("PATCH", f"{SCHOOLS}/{school}?update_mask=address", {"address": f"演练路{random.randint(1, 9999)}号"})
        self._stop.wait(0.4)

    def _partners(self):
        for partner in sorted(self.readers):
            self.account(f"{partner}/reader", client=True).get(SCHOOLS, page_size=2)
