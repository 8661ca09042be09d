"""What all processes tell Prometheus: the format, the names, and that they move by the calls that were made."""

import collections
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import unittest
import uuid
from datetime import date

from agreement_parties import Parties
from exposition import Page
from node import Node, eventually, free_port
from suite import BUILD, program, services

SCHOOLS = "/v1/districts/310114/schools"
PROCESSES = (*services(), "gateway")
SERVICES = tuple(services())
with open(os.path.join(BUILD, "services.json"), encoding="ascii") as services_json:
    FOLLOWERS = tuple(one["name"] for one in json.load(services_json) if one["follows"])


def families(processes, kind, labels, *names):
    return {name: (kind, frozenset(labels.split()), frozenset(processes)) for name in names}


# Every family there is: its type, its labels, and the processes that have it. gRPC's common names
# (github.com/grpc-ecosystem), Prometheus' own for a process, then ours.
CALL = "grpc_service grpc_method grpc_type"
GATEWAY = ("gateway",)
FAMILIES = {
    **families(SERVICES, "counter", CALL, "grpc_server_started_total"),
    **families(SERVICES, "counter", CALL + " grpc_code", "grpc_server_handled_total"),
    **families(SERVICES, "histogram", CALL, "grpc_server_handling_seconds"),
    **families(PROCESSES, "counter", "", "process_cpu_seconds_total"),
    **families(PROCESSES, "gauge", "", "process_resident_memory_bytes", "process_open_fds", "process_max_fds", "process_start_time_seconds"),
    **families(PROCESSES, "gauge", "version revision", "edudelta_build_info"),
    **families(PROCESSES, "gauge", "pool", "edudelta_workers", "edudelta_workers_busy"),
    **families(PROCESSES, "histogram", "pool", "edudelta_queue_wait_seconds"),
    **families(SERVICES, "gauge", "pool", "edudelta_queue_length"),
    **families(SERVICES, "counter", "pool", "edudelta_queue_rejected_total"),
    **families(SERVICES, "gauge", "", "edudelta_db_up", "edudelta_db_clock_skew_seconds", "edudelta_db_pool_size", "edudelta_db_pool_in_use",
               "edudelta_db_pool_waiting"),
    **families(SERVICES, "histogram", "", "edudelta_db_pool_wait_seconds", "edudelta_db_statement_seconds"),
    **families(SERVICES, "counter", "kind", "edudelta_db_errors_total"),
    **families(SERVICES, "counter", "reason", "edudelta_db_retries_total"),
    **families(SERVICES, "counter", "", "edudelta_db_slow_commits_total"),
    **families(SERVICES, "gauge", "", "edudelta_outbox_unpublished", "edudelta_outbox_lag_seconds", "edudelta_outbox_leader"),
    **families(SERVICES, "counter", "", "edudelta_outbox_published_total"),
    **families(FOLLOWERS, "gauge", "source dataset", "edudelta_follower_lag_seconds", "edudelta_follower_failing"),
    **families(FOLLOWERS, "counter", "source dataset", "edudelta_follower_applied_total", "edudelta_feed_restarts_total"),
    **families({"exchange"}, "gauge", "", "edudelta_evidence_queue_length", "edudelta_evidence_head"),
    **families({"exchange"}, "histogram", "", "edudelta_evidence_commit_seconds"),
    **families({"exchange"}, "counter", "", "edudelta_evidence_entries_total", "edudelta_evidence_groups_total"),
    **families({"exchange"}, "counter", "kind outcome", "edudelta_tokens_total"),
    **families({"planning", "teachers", "facilities", "safety"}, "counter", "report outcome", "edudelta_reports_total"),
    **families({"planning", "teachers", "facilities", "safety"}, "histogram", "report outcome", "edudelta_report_seconds"),
    **families({"planning"}, "gauge", "district state", "edudelta_region_schools", "edudelta_region_targets"),
    **families({"planning"}, "gauge", "district", "edudelta_region_schools_reported"),
    **families({"safety"}, "gauge", "district grade", "edudelta_region_hazards_open", "edudelta_region_hazards_overdue"),
    **families({"safety"}, "gauge", "district", "edudelta_region_patrol_points_missed"),
    **families(GATEWAY, "counter", "method code", "edudelta_http_requests_total"),
    **families(GATEWAY, "histogram", "method", "edudelta_http_request_seconds"),
    **families(GATEWAY, "gauge", "", "edudelta_http_connections", "edudelta_policy_age_seconds", "edudelta_policy_lease_seconds",
               "edudelta_stream_queue_length"),
    **families(GATEWAY, "counter", "", "edudelta_http_connections_evicted_total", "edudelta_stream_rejected_total"),
    **families(GATEWAY, "counter", "organization outcome reason", "edudelta_partner_requests_total"),
    **families(GATEWAY, "counter", "organization dataset", "edudelta_partner_records_total"),
    **families(GATEWAY, "counter", "dataset result", "edudelta_import_rows_total", "edudelta_export_rows_total"),
    **families(GATEWAY, "histogram", "dataset result", "edudelta_import_seconds"),
    # Of what goes wrong.
    **families(GATEWAY, "counter", "service code", "edudelta_backend_errors_total"),
    **families(GATEWAY, "counter", "reason", "edudelta_http_refused_total"),
    **families(GATEWAY, "counter", "", "edudelta_denials_unrecorded_total", "edudelta_cuts_unrecorded_total"),
    **families(PROCESSES, "counter", "family", "edudelta_metrics_dropped_total"),
    # Of what has certificates.
    **families(PROCESSES, "gauge", "file", "edudelta_tls_not_after_seconds"),
}
# What these tests do not cause; of the patrols of a district without points there is nothing to tell, nor of reports that nobody wants.
SELDOM = {"edudelta_backend_errors_total", "edudelta_http_refused_total", "edudelta_denials_unrecorded_total", "edudelta_cuts_unrecorded_total",
          "edudelta_metrics_dropped_total", "edudelta_tls_not_after_seconds", "edudelta_region_targets"}
# What the gateway answers by itself.
BUILT_IN = {"healthz", "readyz", "status", "openapi.json", "catalog", ".well-known/jwks.json", "oauth2/token"}
# Calls between processes that come by themselves.
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
BACKGROUND = {"ListEvents", "WatchPolicy"}
# Where districts and organizations may be named.
PLACES = {"district": "edudelta_region_", "organization": "edudelta_partner_"}
# A process may have so many lines, and so many bytes of them.
MOST_LINES, MOST_BYTES = 5000, 1 << 20


class MetricsNode(Node):
    def __init__(self):
        super().__init__()
        self.ports = {name: free_port() for name in PROCESSES}
        self.words = {}

    def environment(self, name):
        prefix = "EDUDELTA_GATEWAY_" if name == "gateway" else "EDUDELTA_"
        return super().environment(name) | {prefix + "METRICS_ADDRESS": f"127.0.0.1:{self.ports[name]}"}

    def spawn(self, name, words, environment=None):
        self.words[name] = words
        return super().spawn(name, words, environment)

    def scrape_text(self, name):
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[name], timeout=30)
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        if answer.status != 200 or not answer.headers["Content-Type"].startswith("text/plain"):
            raise AssertionError(f"{name}: {answer.status} {answer.headers}")
        return text

    def scrape(self, name):
        return Page(self.scrape_text(name))

    def scrapes(self):
        return {name: self.scrape(name) for name in PROCESSES}


def moved(before, after, name):
    """{labels: by how much} of what moved."""
    was = before.series(name)
    change = {labels: value - was.get(labels, 0) for labels, value in after.series(name).items()}
    return {labels: value for labels, value in change.items() if value != 0}


def calls(before, after):
    """{(method, code): count} of the calls that a service answered, but for those that come by themselves."""
    found = {(dict(labels)["grpc_method"], dict(labels)["grpc_code"]): int(count)
             for labels, count in moved(before, after, "grpc_server_handled_total").items()}
    return {key: count for key, count in found.items() if key[0] not in BACKGROUND}


def requests(before, after):
    return {(dict(labels)["method"], dict(labels)["code"]): int(count)
            for labels, count in moved(before, after, "edudelta_http_requests_total").items()}


class MetricsTest(Parties, unittest.TestCase):
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        cls.node = node = MetricsNode.started()
        cls.addClassCleanup(node.close)
        cls.rows = node.load("310114", {"schools", "teachers"})
        cls.school = f"{SCHOOLS}/{cls.rows['schools'][0]['school']}"
        cls.clerk = node.user("jiading/clerk")
        cls.number = 0
        cls.open_a_hazard()
        cls.set_a_target()
        cls.schools_at_start = len(cls.clerk.pages(SCHOOLS, "schools")[0])
        # They tell of their registers at once when they begin to, and each minute from then on.
        for name in ("planning", "safety"):
            node.stop(name)
            node.start(name)
        eventually("the node is whole", lambda: node.anybody().get("/status").status == 200, 60)
        eventually("the registers are told of", lambda: all(
            node.scrape(name).series(family) for name, family in (("planning", "edudelta_region_targets"),
                                                                  ("safety", "edudelta_region_patrol_points_missed"))), 60)

    @classmethod
    def open_a_hazard(cls):
        """With the term of its grade, and a point that nobody patrols."""
        officer, school = cls.node.user("jiading/safety"), cls.school
        eventually("safety knows the school", lambda: officer.ask("POST", f"{school}/inspectionPoints?inspection_point_id=gate", {
            "display_name": "校门", "area": "AREA_GATE", "monthly_patrols": 1}).status == 200, 60)
        cls.node.sql("UPDATE inspection_point SET create_time = create_time - INTERVAL 3 MONTH", "edudelta_safety")
        officer.must("POST", f"{school}/hazards?hazard_id=open", {"display_name": "破损", "description": "门缺失", "found_date": str(date.today())})

    @classmethod
    def set_a_target(cls):
        plan = "/v1/districts/310114/workPlans"
        cls.clerk.must("POST", f"{plan}?work_plan_id=year", {
            "display_name": "年度要点", "start_date": "2026-01-01", "end_date": "2099-12-31", "source": "测试"})
        cls.clerk.must("POST", f"{plan}/year/targets?plan_target_id=rate", {
            "indicator": "达标率", "value": "10", "operator": "OPERATOR_AT_LEAST", "role": "TARGET_ROLE_GOAL"})

    def until(self, what, check):
        """What is counted when a call has ended may come after its answer."""
        try:
            eventually(what, check, 20)
        except AssertionError:
            pass

    def assert_moved(self, before, names, seen, expected):
        """`seen` of what the scrapes of these processes gave, soon."""
        last = {}

        def same():
            last["seen"] = {name: seen(before[name], self.node.scrape(name)) for name in names}
            return last["seen"] == expected

        self.until("the calls are counted", same)
        self.assertEqual(last["seen"], expected)

    # Format and names

    def cause_all(self):
        """Whatever the families that are made when something happens are made of."""
        self.good_and_refused()
        partner = self.new_partner()
        reader = self.reader(partner)
        self.agree(partner, [("planning.School", ["display_name"], "")])
        self.until_known(reader, SCHOOLS)
        self.assertEqual(self.clerk.get(SCHOOLS + ":export").status, 200)
        rows = "school,display_name,kind,holder,urban_rural,town_code,address\nx y,坏行,211,831,111,310114002,路\n"
        self.assertEqual(self.clerk.ask("POST", SCHOOLS + ":import?mode=partial", rows.encode(), {"Content-Type": "text/csv"}).status, 200)
        place = "/v1/districts/310114"
        self.clerk.post(f"{place}:evaluateBalance", {"school_year": 2026})
        for report in ("summarizeStaff", "summarizeFacilities", "summarizePatrols"):
            self.clerk.get(f"{place}:{report}")

    def test_each_process_has_its_families(self):
        self.cause_all()
        pages = self.node.scrapes()
        for name, page in pages.items():
            for family, kind in page.types.items():
                # Of the library that serves the page.
                if family.startswith("exposer_"):
                    continue
                self.assertIn(family, FAMILIES, name)
                self.assertEqual((kind, name in FAMILIES[family][2]), (FAMILIES[family][0], True), (name, family))
        for family, (kind, labels, processes) in FAMILIES.items():
            for name in processes:
                series = pages[name].series(family + ("_count" if kind == "histogram" else ""))
                self.assertTrue(series or family in SELDOM, f"{name} has no {family}")
                for found in series:
                    self.assertEqual(frozenset(dict(found)), labels, (name, family))

    def test_build_info_is_what_the_program_says(self):
        for name in PROCESSES:
            (labels,) = self.node.scrape(name).series("edudelta_build_info")
            said = subprocess.run([program(name), "--version"], check=True, capture_output=True, text=True).stdout
            self.assertEqual(said, "edudelta-{} {version} ({revision})\n".format(name, **dict(labels)))

    def test_registers_are_told_by_one_process(self):
        page = self.node.scrape("planning")
        self.assertEqual(page.value("edudelta_outbox_leader"), 1)
        self.assertIn(sum(page.series("edudelta_region_schools").values()), (
            self.schools_at_start, len(self.clerk.pages(SCHOOLS, "schools")[0])))
        self.assertLessEqual(page.value("edudelta_region_schools_reported", district="310114"), self.schools_at_start)
        self.assertEqual(page.value("edudelta_region_targets", district="310114", state="pending"), 1)
        safety = self.node.scrape("safety")
        self.assertEqual(safety.value("edudelta_region_hazards_open", district="310114", grade="unspecified"), 1)
        self.assertEqual(safety.value("edudelta_region_hazards_overdue", district="310114", grade="unspecified"), 0)
        self.assertEqual(safety.value("edudelta_region_patrol_points_missed", district="310114"), 1)

    # Budget

    def test_whoever_asks_for_everything_costs_no_more_than_the_budget(self):
        document = self.node.anybody().get("/openapi.json").json()
        asked = 0
        for path, item in document["paths"].items():
            for verb in item.keys() & {"get", "post", "patch", "delete"}:
                # Nobody in particular, and a clerk who has lost the way.
                for who in (self.node.anybody(), self.clerk):
                    who.ask(verb.upper(), re.sub(r"\{[^}]*\}", "x", path), b"" if verb in ("post", "patch") else None)
                    asked += 1
        self.assertGreater(asked, 400)
        for name in PROCESSES:
            text = self.node.scrape_text(name)
            lines = sum(not line.startswith("#") for line in text.splitlines())
            print(f"{name}: {lines} lines, {len(text.encode()) / 1024:.0f} KiB")
            self.assertLessEqual(lines, MOST_LINES, name)
            self.assertLessEqual(len(text.encode()), MOST_BYTES, name)

    def test_who_hangs_at_the_page_keeps_nobody_waiting(self):
        for name in PROCESSES:
            hanging = [socket.create_connection(("127.0.0.1", self.node.ports[name])) for _ in range(3)]
            # One of them asks, and does not read.
            hanging[0].sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertTrue(self.node.scrape(name).types)
            self.assertEqual(self.clerk.get(self.school).status, 200)
            for one in hanging:
                one.close()

    def test_labels_name_nobody(self):
        self.good_and_refused()
        known = {"310114", "320583", "jiading", "kunshan", "clerk", "exchange/", "organizations", "districts"}
        for name, page in self.node.scrapes().items():
            for (sample, labels), _ in page.samples.items():
                for label, value in labels:
                    if label in ("le", "quantile"):
                        float(value)
                        continue
                    # The only numbers and names, each on what is about them.
                    if label in PLACES:
                        self.assertTrue(sample.startswith(PLACES[label]), (name, sample))
                        continue
                    if sample == "edudelta_build_info":
                        continue
                    if label == "method" and value in BUILT_IN:
                        continue
                    self.assertRegex(value, r"^([A-Za-z][A-Za-z0-9_.]*|[1-5][0-9][0-9])$" if value or label != "reason" else r"^$", (name, sample, label))
                    self.assertNotRegex(value, "[0-9]{4}", (name, sample, label))
                    self.assertFalse([word for word in known if word in value], (name, sample, label, value))

    def test_strangers_make_no_series(self):
        anybody = self.node.anybody()
        anybody.get("/nowhere")
        anybody.ask("BREW", "/")
        self.clerk.get(self.school)
        self.clerk.stating("STATISTICS").get("/v1/districts/320583/schools")
        anybody.ask("POST", "/oauth2/token", b"grant_type=x&username=x/x&password=x", FORM)
        before = self.node.scrape("gateway").samples.keys()
        for _ in range(20):
            word = uuid.uuid4().hex
            anybody.get(f"/{word}")
            anybody.ask(word.upper(), f"{SCHOOLS}/{word}")
            self.assertEqual(self.clerk.get(f"{SCHOOLS}/{word}").status, 404)
            self.assertIn(self.clerk.stating(word.upper()).get("/v1/districts/320583/schools").status, (400, 403))
            anybody.ask("POST", "/oauth2/token", f"grant_type={word}&username={word}/{word}&password={word}".encode(), FORM)
        self.assertEqual({dict(labels)["kind"] for labels in self.node.scrape("exchange").series("edudelta_tokens_total")} - {
            "user", "client", "other"}, set())
        new = {key for key in self.node.scrape("gateway").samples.keys() - before if not key[0].endswith("_bucket")}
        self.assertLessEqual(len({labels for _, labels in new}), 3, new)

    # Movement

    def good_and_refused(self):
        for _ in range(3):
            self.assertEqual(self.clerk.get(self.school).status, 200)
        for _ in range(2):
            self.assertEqual(self.clerk.get(SCHOOLS + "/3131999999").status, 404)
        self.assertEqual(self.clerk.get(SCHOOLS, filter="nope = 1").status, 400)
        self.assertEqual(self.clerk.get("/v1/districts/310114/teachers", page_size=3).status, 200)
        self.assertEqual(self.node.anybody().get(self.school).status, 401)

    def test_calls_move_what_they_should(self):
        before = self.node.scrapes()
        self.good_and_refused()
        self.assert_moved(before, ["planning", "teachers"], calls, {
            "planning": {("GetSchool", "OK"): 3, ("GetSchool", "NOT_FOUND"): 2, ("ListSchools", "INVALID_ARGUMENT"): 1},
            "teachers": {("ListTeachers", "OK"): 1}})
        self.assert_moved(before, ["gateway"], requests, {"gateway": {
            ("planning.GetSchool", "200"): 3, ("planning.GetSchool", "404"): 2, ("planning.ListSchools", "400"): 1,
            ("teachers.ListTeachers", "200"): 1, ("planning.GetSchool", "401"): 1}})
        after = self.node.scrape("planning")
        started = {dict(labels)["grpc_method"]: int(count)
                   for labels, count in moved(before["planning"], after, "grpc_server_started_total").items()}
        timed = {dict(labels)["grpc_method"]: int(count)
                 for labels, count in moved(before["planning"], after, "grpc_server_handling_seconds_count").items()}
        for counted in (started, timed):
            self.assertEqual((counted["GetSchool"], counted["ListSchools"]), (5, 1))
        for family in ("grpc_server_started_total", "grpc_server_handled_total", "grpc_server_handling_seconds_count"):
            types = {dict(labels)["grpc_method"]: dict(labels).get("grpc_type") for labels in after.series(family)}
            self.assertEqual((types["GetSchool"], types["ImportSchools"], types["ExportSchools"]),
                             ("unary", "client_stream", "server_stream"), family)
        for sample in ("edudelta_db_statement_seconds_count", "edudelta_db_pool_wait_seconds_count"):
            # A bad filter is refused before the database is asked.
            self.assertGreaterEqual(after.value(sample) - before["planning"].value(sample), 5, sample)
        self.assertFalse(moved(before["planning"], after, "edudelta_queue_rejected_total"))
        self.assertFalse(moved(before["planning"], after, "edudelta_db_errors_total"))
        self.until("nobody waits", lambda: not any(self.node.scrape("planning").series("edudelta_queue_length").values()))
        self.assertEqual(set(self.node.scrape("planning").series("edudelta_queue_length").values()), {0.0})

    def test_an_import_moves_outbox_and_followers(self):
        before = self.node.scrapes()
        header, rows = "school,display_name,kind,holder,urban_rural,town_code,address\n", []
        for number in range(7):
            rows.append(f"21319{number:05d},指标小学{number},211,831,111,310114002,测试路{number}号\n")
        reply = self.clerk.ask("POST", SCHOOLS + ":import?mode=partial", (header + "".join(rows) + "x y,坏行,211,831,111,310114002,路\n").encode(),
                               {"Content-Type": "text/csv"})
        self.assertEqual((reply.status, reply.json().get("created_count"), reply.json().get("error_count")), (200, "7", "1"), repr(reply))
        self.assert_moved(before, ["planning"], calls, {"planning": {("ImportSchools", "OK"): 1}})
        self.assert_moved(before, ["gateway"], requests, {"gateway": {("planning.ImportSchools", "200"): 1}})
        rows = {dict(labels)["result"]: count for labels, count in moved(
            before["gateway"], self.node.scrape("gateway"), "edudelta_import_rows_total").items()}
        self.assertEqual(rows, {"created": 7, "refused": 1})
        self.assert_moved(before, ["planning"], lambda a, b: b.value("edudelta_outbox_published_total") - a.value("edudelta_outbox_published_total"),
                          {"planning": 7.0})
        self.assert_moved(before, ["teachers", "facilities", "safety"],
                          lambda a, b: sum(moved(a, b, "edudelta_follower_applied_total").values()),
                          {"teachers": 7.0, "facilities": 7.0, "safety": 7.0})
        self.until("all is published", lambda: self.node.scrape("planning").value("edudelta_outbox_unpublished") == 0)
        self.assertEqual(self.node.scrape("planning").value("edudelta_outbox_unpublished"), 0)

    def test_a_partner_moves_the_evidence(self):
        partner = self.new_partner()
        reader = self.reader(partner)
        self.agree(partner, [("planning.School", ["display_name"], "kind = '211'".replace("'", '"'))])
        self.until_known(reader, SCHOOLS)
        before = self.node.scrapes()
        for _ in range(4):
            self.assertEqual(reader.get(SCHOOLS, page_size=2).status, 200)
        self.assertEqual(reader.get("/v1/districts/310114/teachers").status, 403)
        self.assertEqual(reader.stating("CAMPAIGN").get(SCHOOLS).status, 403)
        self.assert_moved(before, ["planning", "teachers"], calls, {"planning": {("ListSchools", "OK"): 4}, "teachers": {}})
        self.assert_moved(before, ["exchange"], calls, {"exchange": {("Record", "OK"): 6}})
        self.assert_moved(before, ["exchange"], lambda a, b: sum(moved(a, b, "edudelta_evidence_entries_total").values()), {"exchange": 6.0})
        self.assert_moved(before, ["gateway"], requests, {"gateway": {
            ("planning.ListSchools", "200"): 4, ("teachers.ListTeachers", "403"): 1, ("planning.ListSchools", "403"): 1}})
        after = self.node.scrape("gateway")
        asked = {(dict(labels)["outcome"], dict(labels)["reason"]): count
                 for labels, count in moved(before["gateway"], after, "edudelta_partner_requests_total").items()
                 if dict(labels)["organization"] == partner}
        self.assertEqual(asked, {("allowed", ""): 4, ("denied", "NO_AGREEMENT"): 1, ("denied", "PURPOSE_NOT_ALLOWED"): 1})
        self.assertEqual(moved(before["gateway"], after, "edudelta_partner_records_total"),
                         {frozenset({"organization": partner, "dataset": "planning.School"}.items()): 8})
        exchange = self.node.scrape("exchange")
        self.assertEqual(exchange.value("edudelta_evidence_head") - before["exchange"].value("edudelta_evidence_head"), 6)

    def test_the_database_away_is_seen(self):
        self.assertEqual(self.clerk.get(self.school).status, 200)
        before = self.node.scrapes()
        process = self.node._processes.pop("mariadb")
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        for _ in range(3):
            self.assertEqual(self.clerk.get(self.school).status, 503)

        def told(was, now):
            kinds = collections.Counter()
            for labels, count in moved(was, now, "edudelta_db_errors_total").items():
                kinds[dict(labels)["kind"]] += int(count)
            return kinds["database_unavailable"] >= 3 and not set(kinds) - {"database_unavailable", "database_outcome_unknown"}

        self.assert_moved(before, ["planning"], calls, {"planning": {("GetSchool", "UNAVAILABLE"): 3}})
        self.assert_moved(before, ["planning"], told, {"planning": True})
        self.assert_moved(before, ["gateway"], lambda a, b: {tuple(sorted(labels)): count for labels, count in moved(
            a, b, "edudelta_backend_errors_total").items() if ("service", "planning") in labels},
            {"gateway": {(("code", "UNAVAILABLE"), ("service", "planning")): 3.0}})
        self.until("planning misses it", lambda: self.node.scrape("planning").value("edudelta_db_up") == 0)
        self.assertEqual(self.node.scrape("planning").value("edudelta_db_up"), 0)
        eventually("planning is missed", lambda: self.node.anybody().get("/status").json()["services"]["planning"] is False, 60)
        self.node.spawn("mariadb", self.node.words["mariadb"])
        eventually("planning sees it again", lambda: self.node.scrape("planning").value("edudelta_db_up") == 1, 60)
        eventually("the service is well again", lambda: self.clerk.get(self.school).status == 200, 60)
        eventually("the node is whole again", lambda: self.node.anybody().get("/status").status == 200, 60)


if __name__ == "__main__":
    unittest.main(verbosity=2)
