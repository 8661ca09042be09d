"""One row of every resource in one district, put in through the API; and where to find a resource's row again."""

import json
import re
import subprocess
from datetime import datetime, timedelta, timezone

from node import eventually
from suite import program

DISTRICT = "310114"
ROLES = ("BUREAU_CLERK", "SCHOOL_CLERK", "INSPECTOR", "SAFETY_OFFICER", "SUPERVISOR", "EVALUATOR", "AGREEMENT_OFFICER", "AUDITOR",
         "SENSITIVE_READER", "ADMINISTRATOR")


def everybody(node):
    """Somebody of every role everywhere."""
    nowhere = "organizations/nowhere"
    anybody = "/v1/organizations/operator/users/anybody"
    node.admin().must("POST", "/v1/organizations/operator/users?user_id=anybody", {
        "display_name": "所有角色", "bindings": [{"role": f"ROLE_{role}", "prefix": nowhere} for role in ROLES]})
    # Nobody is granted that much: it is written past the rule, and told by the next change.
    node.sql(f"UPDATE user_account SET bindings = REPLACE(bindings, '{nowhere}', '*') WHERE user_id = 'anybody'", "edudelta_exchange")
    node.admin().must("PATCH", f"{anybody}?update_mask=display_name", {"display_name": "所有的角色"})
    return node.user("operator/anybody")


def plant(node, user):
    """As `user`. Returns {name: row as it was put in}, and when a record time that is past sees everything."""
    printed = subprocess.run([program("contract_seeds"), DISTRICT], capture_output=True, text=True, check=True).stdout
    rows = [json.loads(line) for line in printed.splitlines()]
    for row in rows:
        user.must("POST", row["path"], row["body"])
    # What has no Create method: an evaluation makes a report and its findings, a refusal an entry.
    _past("an evaluation sees what was put in")
    year = next(row["body"]["school_year"] for row in rows if "/gradeEnrollments?" in row["path"])
    user.must("POST", f"/v1/districts/{DISTRICT}:evaluateBalance", {"school_year": year})
    refused = node.client("kunshan/exchange", "STATISTICS").get(f"/v1/districts/{DISTRICT}/schools")
    if refused.reason != "NO_AGREEMENT":
        raise AssertionError(repr(refused))
    return {row["name"]: row["body"] for row in rows}, _past("a record time after the seeds may be read")


def _past(what):
    """Waits until this moment is a record time that may be read, which is 5 s old; returns it."""
    now = datetime.now(timezone.utc)
    eventually(what, lambda: datetime.now(timezone.utc) > now + timedelta(seconds=6))
    return now


class Rows:
    """What the API has, as `user`: the planted rows, and what it lists of other resources."""

    def __init__(self, user, planted):
        self._user, self._planted, self._found = user, planted, {}
        self._names = {self._kind(name): name for name in (f"districts/{DISTRICT}", *planted)}

    @staticmethod
    def _kind(name):
        return tuple(name.split("/")[::2])

    def row(self, path):
        """The row of the resource that a path of the document is about, or of its collection; {} when there is none."""
        collection = re.sub(r"(/\{\w+\})?(:\w+)?$", "", path).removeprefix("/v1/")
        if collection not in self._found:
            name = self._names.get(self._kind(collection))
            # An answer masks what is personal.
            self._found[collection] = self._must(name) | self._planted.get(name, {}) if name else self._listed(collection)
        return self._found[collection]

    def _must(self, name, **query):
        reply = self._user.get(f"/v1/{name}", **query)
        if reply.status != 200:
            raise AssertionError(f"no {name}: {reply!r}")
        return reply.json()

    def _listed(self, collection):
        parts = [part if not part.startswith("{") else "-" for part in collection.split("/")]
        if parts[0] == "districts":
            parts[1] = DISTRICT
        return next((rows[0] for rows in self._must("/".join(parts), page_size=1).values() if isinstance(rows, list)), {})

    def ids(self, path):
        """{parameter: id} for a path of the document: those of a row that exists."""
        asked = path.split("/")[2:]
        found = self.row(path).get("name", "").split("/")
        if len(found) == 1 and "{" in path:
            raise AssertionError(f"no row for {path}")
        return {re.sub(r"\W.*", "", part[1:]): found[at] for at, part in enumerate(asked) if part.startswith("{")}
