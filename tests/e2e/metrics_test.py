"""What all processes tell Prometheus: the format, the names, and that they move by the calls that were made."""

import collections
import http.client
import signal
import unittest
import uuid

from agreement_parties import Parties
from exposition import Page
from node import Node, eventually, free_port
from suite import services

SCHOOLS = "/v1/districts/310114/schools"
PROCESSES = (*services(), "gateway")
# gRPC's common names (github.com/grpc-ecosystem), then ours.
OF_A_SERVICE = {
    "grpc_server_started_total": "counter", "grpc_server_handled_total": "counter", "grpc_server_handling_seconds": "histogram",
    "edudelta_queue_length": "gauge", "edudelta_queue_rejected_total": "counter", "edudelta_db_pool_in_use": "gauge",
    "edudelta_db_pool_wait_seconds": "histogram", "edudelta_db_statement_seconds": "histogram", "edudelta_db_errors_total": "counter",
    "edudelta_db_slow_commits_total": "counter",
    "edudelta_outbox_unpublished": "gauge", "edudelta_outbox_lag_seconds": "gauge", "edudelta_outbox_published_total": "counter"}
OF_THE_GATEWAY = {
    "edudelta_http_requests_total": "counter", "edudelta_http_request_seconds": "histogram", "edudelta_policy_age_seconds": "gauge",
    "edudelta_policy_lease_seconds": "gauge", "edudelta_stream_queue_length": "gauge", "edudelta_stream_rejected_total": "counter",
    "edudelta_http_connections": "gauge", "edudelta_http_connections_evicted_total": "counter"}
# What the gateway answers by itself.
BUILT_IN = {"healthz", "readyz", "startedz", "openapi.json", "catalog", ".well-known/jwks.json", "oauth2/token"}
# Calls between processes that come by themselves.
BACKGROUND = {"ListEvents", "WatchPolicy"}
LABELS = {"grpc_service", "grpc_method", "grpc_code", "grpc_type", "le", "quantile", "pool", "kind", "method", "code", "service", "dataset", "source", "reason"}


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

    def test_each_process_has_its_families(self):
        for name, page in self.node.scrapes().items():
            wanted = OF_THE_GATEWAY if name == "gateway" else OF_A_SERVICE
            self.assertEqual({family: page.types.get(family) for family in wanted}, wanted, name)
            for family in page.types:
                self.assertRegex(family, "^(grpc_server|edudelta|exposer)_", name)

    def test_labels_name_nobody(self):
        self.good_and_refused()
        known = {"310114", "320583", "jiading", "kunshan", "clerk", "exchange/", "organizations", "districts"}
        for name, page in self.node.scrapes().items():
            for (sample, labels), _ in page.samples.items():
                for label, value in labels:
                    self.assertIn(label, LABELS, (name, sample))
                    if label in ("le", "quantile"):
                        float(value)
                        continue
                    if label == "method" and value in BUILT_IN:
                        continue
                    self.assertRegex(value, r"^([A-Za-z][A-Za-z0-9_.]*|[1-5][0-9][0-9])$", (name, sample, label))
                    self.assertNotRegex(value, "[0-9]{4}", (name, sample, label))
                    self.assertFalse([word for word in known if word in value], (name, sample, label, value))

    def test_strangers_make_no_series(self):
        anybody = self.node.anybody()
        anybody.get("/nowhere")
        anybody.ask("BREW", "/")
        self.clerk.get(self.school)
        before = self.node.scrape("gateway").samples.keys()
        for _ in range(20):
            word = uuid.uuid4().hex
            anybody.get(f"/{word}")
            anybody.ask(word.upper(), f"{SCHOOLS}/{word}")
            self.assertEqual(self.clerk.get(f"{SCHOOLS}/{word}").status, 404)
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
        eventually("planning is missed", lambda: self.node.anybody().get("/status").json()["services"]["planning"] is False, 60)
        self.node.spawn("mariadb", self.node.words["mariadb"])
        eventually("the service is well again", lambda: self.clerk.get(self.school).status == 200, 60)
        eventually("the node is whole again", lambda: self.node.anybody().get("/status").status == 200, 60)


if __name__ == "__main__":
    unittest.main(verbosity=2)
