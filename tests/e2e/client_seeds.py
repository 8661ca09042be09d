"""One row of every resource in one district, put in through the API as the demo does; and where to find a resource's row again."""

import json
import os
import re
from datetime import datetime, timedelta, timezone

from node import DEMO, demo_json, eventually

DISTRICT, SCHOOL = "310114", "2131901001"
# What the caller chooses instead of finding it.
FIXED = {"organizations": "kunshan", "districts": DISTRICT}


def plant(node):
    """Returns when a record time that is past sees everything."""
    node.load(DISTRICT)
    clerk, safety, inspector = (node.user(f"jiading/{name}") for name in ("clerk", "safety", "inspector"))
    node.cli("jiading/clerk", "plan", "load", os.path.join(DEMO, "work_plans", "jiading-2019.json"), "--district", DISTRICT)
    measured = next(step["requests"][0] for step in demo_json("measurements.json")["steps"] if "/jiading/" in step["as"])
    clerk.must(measured["method"], measured["path"], measured["body"])
    _past("an evaluation sees what was loaded")
    clerk.must("POST", f"/v1/districts/{DISTRICT}:evaluateBalance", {"school_year": 2025})

    school = f"districts/{DISTRICT}/schools/{SCHOOL}"
    point = safety.must("POST", f"/v1/{school}/inspectionPoints?inspection_point_id=p1", {
        "display_name": "校门", "area": "AREA_GATE", "monthly_patrols": 1})["name"]
    visited = (datetime.now(timezone.utc) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    inspector.must("POST", f"/v1/{school}/patrols?patrol_id=v1", {"point": point, "patrol_time": visited, "result": "RESULT_NORMAL"})
    safety.must("POST", f"/v1/districts/{DISTRICT}/patrolPlans?patrol_plan_id=2021", {
        "start_date": "2021-01-01", "required_points": 1, "required_monthly_patrols": 1})
    safety.must("POST", f"/v1/districts/{DISTRICT}/hazardTerms?hazard_term_id=general", {
        "grade": "HAZARD_GRADE_GENERAL", "working_days": 10})
    inspector.must("POST", f"/v1/{school}/hazards?hazard_id=h1", {
        "display_name": "护栏松动", "description": "三层走廊。", "point": point, "found_date": "2026-10-08"})

    agreed = next(request for step in demo_json("accounts.json")["after"] if step["as"].endswith("jiading/users/officer")
                  for request in step.get("requests", []))
    start = datetime.now(timezone.utc)
    times = {"${year_start}": start, "${year_after_next}": start + timedelta(days=400)}
    text = json.dumps(agreed["body"])
    for word, time in times.items():
        text = text.replace(word, time.strftime("%Y-%m-%dT%H:%M:%SZ"))
    node.user("jiading/officer").must(agreed["method"], agreed["path"], json.loads(text))
    # A refusal makes an entry.
    refused = node.client("kunshan/exchange", "STATISTICS").get(f"/v1/districts/{DISTRICT}/schools")
    if refused.reason != "NO_AGREEMENT":
        raise AssertionError(repr(refused))
    return _past("a record time after the seeds may be read")


def _past(what):
    """Waits until this moment is a record time that may be read, which is 5 s old; returns it."""
    now = datetime.now(timezone.utc)
    eventually(what, lambda: datetime.now(timezone.utc) > now + timedelta(seconds=6))
    return now


class Rows:
    """What the API lists, as `user`."""

    def __init__(self, user):
        self._user = user
        self._found = {}

    def row(self, path):
        """The first row of a collection, or of the resource that a path of the document is about; {} when there is none."""
        collection = re.sub(r"(/\{\w+\})?(:\w+)?$", "", path)
        if collection not in self._found:
            self._found[collection] = self._listed(collection)
        return self._found[collection]

    def _listed(self, collection):
        parts = collection.split("/")[2:]
        if parts[-1] in FIXED:
            return {"name": f"{parts[-1]}/{FIXED[parts[-1]]}"}
        names = [part if not part.startswith("{") else FIXED.get(parts[at - 1], "-") for at, part in enumerate(parts)]
        if parts[-1] == "indicatorSets":
            names[1] = "000000"
        reply = self._user.get("/v1/" + "/".join(names), page_size=1)
        if reply.status != 200:
            raise AssertionError(f"no list of {collection}: {reply!r}")
        return next((rows[0] for rows in reply.json().values() if isinstance(rows, list)), {})

    def ids(self, path):
        """{parameter: id} for a path of the document: those of a row that exists."""
        asked = path.split("/")[2:]
        found = self.row(path).get("name", "").split("/")
        if len(found) == 1 and "{" in path:
            raise AssertionError(f"no row for {path}")
        return {re.sub(r"\W.*", "", part[1:]): found[at] for at, part in enumerate(asked) if part.startswith("{")}
