"""`calls` is what the programs say that they need, and addresses, policies and trusted names are what `calls` says."""

import os

import chart
import policies
import unittest
import yaml

CALL = 7443
SCRAPE = 9464


def expected():
    """Caller -> whom it calls."""
    peers = {name: set(one["peers"]) for name, one in chart.services().items()}
    return peers | {"gateway": set(peers)}


class Calls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.documents = chart.render("--set", "secrets.administrator=first")
        cls.deployments = {chart.component(one): one for one in chart.of_kind(cls.documents, "Deployment")}
        cls.environments = {name: chart.environment(chart.pod_of(one)["spec"]["containers"][0])
                            for name, one in cls.deployments.items()}

    def test_values_list_what_the_programs_say(self):
        with open(os.path.join(chart.CHART, "values.yaml"), encoding="utf-8") as file:
            entries = yaml.safe_load(file)["services"]
        listed = {name: set(entries) - {name} if one.get("edge") else set(one["calls"]) for name, one in entries.items()}
        self.assertEqual(listed, expected())

    def test_addresses_of_exactly_those(self):
        services = {one["metadata"]["name"]: one["spec"] for one in chart.of_kind(self.documents, "Service")}
        for name, peers in expected().items():
            addresses = {variable: value for variable, value in self.environments[name].items()
                         if value.startswith("dns:///")}
            self.assertEqual(set(addresses), {f"EDUDELTA_{peer.upper()}_ADDRESS" for peer in peers}, name)
            for peer in peers:
                host, port = addresses[f"EDUDELTA_{peer.upper()}_ADDRESS"].removeprefix("dns:///").split(":")
                service = services[host]
                self.assertEqual((service["clusterIP"], service["publishNotReadyAddresses"]), ("None", True))
                self.assertIn(int(port), [one["port"] for one in service["ports"]])
                self.assertEqual(service["selector"], chart.pod_of(self.deployments[peer])["metadata"]["labels"])

    def test_trusted_names_of_exactly_those(self):
        callers = {name: {caller for caller, peers in expected().items() if name in peers} for name in chart.services()}
        trusted = {name: set(self.environments[name]["EDUDELTA_TRUSTED_NAMES"].split(",")) for name in chart.services()}
        self.assertEqual(trusted, callers)
        self.assertNotIn("EDUDELTA_TRUSTED_NAMES", self.environments["gateway"])

    def test_policies_let_through_exactly_those(self):
        rules = chart.of_kind(self.documents, "NetworkPolicy")
        own = {}
        for one in chart.of_kind(self.documents, "Deployment", "Job", "Pod"):
            labels = chart.pod_of(one)["metadata"]["labels"]
            name = labels["app.kubernetes.io/component"]
            own[name] = policies.Pod(name, labels, chart.NAMESPACE)
        others = {name: policies.Pod(name, {}, name) for name in ("ingress-nginx", "monitoring", "kube-system", "default")}
        others["neighbour"] = policies.Pod("neighbour", {}, chart.NAMESPACE)
        for name in ("203.0.113.7", "10.1.2.3"):
            others[name] = policies.Address(name)

        def connects(source, target, port, protocol):
            return ((source.name not in own or policies.passes(rules, source, "Egress", target, port, protocol))
                    and (target.name not in own or policies.passes(rules, target, "Ingress", source, port, protocol)))

        everybody = [*own.values(), *others.values()]
        through = {(source.name, target.name, port, protocol)
                   for source in everybody for target in everybody
                   if source is not target and (source.name in own or target.name in own)
                   for port, protocol in ((7443, "TCP"), (8443, "TCP"), (9464, "TCP"), (3306, "TCP"), (53, "TCP"), (53, "UDP"), (443, "TCP"))
                   if connects(source, target, port, protocol)}
        wanted = {(caller, peer, CALL, "TCP") for caller, peers in expected().items() for peer in peers}
        wanted |= {("monitoring", name, SCRAPE, "TCP") for name in self.deployments}
        wanted |= {(name, "10.1.2.3", 3306, "TCP") for name in (*chart.services(), "jobs")}
        wanted |= {(name, "kube-system", 53, protocol) for name in own for protocol in ("TCP", "UDP")}
        wanted |= {(source, "gateway", 8443, "TCP") for source in ("ingress-nginx", "smoke")}
        self.assertEqual(through, wanted)
        print(f"{len(through)} connections of {len(everybody)} peers")

    def test_nobody_reaches_a_gateway_without_ingress_from(self):
        documents = chart.render("--set-json", "ingress.from=[]", "--set-json", "monitoring.from=[]")
        rules = chart.of_kind(documents, "NetworkPolicy")
        gateway = policies.Pod("gateway", chart.pod_of(self.deployments["gateway"])["metadata"]["labels"], chart.NAMESPACE)
        stranger = policies.Pod("stranger", {}, "ingress-nginx")
        self.assertFalse(policies.passes(rules, gateway, "Ingress", stranger, 8443))
        self.assertFalse(policies.passes(rules, gateway, "Ingress", stranger, SCRAPE))

    def test_a_new_service_is_one_entry(self):
        documents = chart.render("--set-json", 'services.library={"calls": ["planning"]}', "--set", "database.maxConnections=500")
        planning, gateway, library = ({chart.component(one): chart.environment(chart.pod_of(one)["spec"]["containers"][0])
                                       for one in chart.of_kind(documents, "Deployment")}[name]
                                      for name in ("planning", "gateway", "library"))
        self.assertIn("library", planning["EDUDELTA_TRUSTED_NAMES"].split(","))
        self.assertEqual(gateway["EDUDELTA_LIBRARY_ADDRESS"], f"dns:///{chart.RELEASE}-library:{CALL}")
        self.assertEqual(library["EDUDELTA_TRUSTED_NAMES"], "gateway")
        # The names of the objects of planning, which has no more than every service has.
        names = [(one["kind"], one["metadata"]["name"].replace("library", "planning")) for one in documents]
        for kind, name in set(names):
            if "planning" in name:
                self.assertEqual(names.count((kind, name)), 2, (kind, name))


class Secrets(unittest.TestCase):
    def test_the_account_that_changes_schemas_is_in_migrations_alone(self):
        holders = set()
        for one in chart.render("--set", "secrets.administrator=first"):
            if "edudelta-db-ddl" in str(one):
                holders.add((one["kind"], one["metadata"]["name"]))
        self.assertEqual(holders, {("Job", f"{chart.RELEASE}-{name}-migrate") for name in chart.services()})

    def test_each_pod_has_its_own_files_alone(self):
        for one in chart.of_kind(chart.render(), "Deployment"):
            name = chart.component(one)
            for volume in chart.pod_of(one)["spec"]["volumes"]:
                for source in volume.get("projected", {}).get("sources", []):
                    text = str(source)
                    others = [other for other in chart.services() if other != name and other in text]
                    self.assertEqual(others, [], text)


if __name__ == "__main__":
    chart.main()
