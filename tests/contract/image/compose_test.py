#!/usr/bin/python3
"""deploy/compose.yaml against the build: its services, who calls whom, every variable as the program itself reads it, ports,
files, and what no container may do."""

import json
import os
import re
import subprocess
import tempfile
import unittest

import compose

# Reads no file of the environment: for the one call after an installation.
BY_HAND = {"exchange": {"admin.password"}}


class ComposeTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        secrets = os.path.join(cls.folder.name, "secrets")
        subprocess.run([os.path.join(compose.DEPLOY, "secrets"), secrets], check=True, stdout=subprocess.DEVNULL)
        cls.services = compose.services()
        cls.containers = compose.load(secrets)["services"]

    def programs(self):
        """(container, program) of what runs a program of ours."""
        return [(name, name.removesuffix("-migrate")) for name, one in self.containers.items() if "/edudelta-" in one["image"]]

    def environment(self, name):
        """As the container has it; its files as they are here."""
        mounted = {target: source for source, target in compose.mounts(self.containers[name])}
        return {variable: value.replace(compose.FILES, mounted[compose.FILES], 1) if value.startswith(compose.FILES) else value
                for variable, value in self.containers[name]["environment"].items()}

    def test_services(self):
        wanted = {"gateway"} | set(self.services) | {name + "-migrate" for name in self.services}
        self.assertEqual({name for name, _ in self.programs()}, wanted)
        for name, program in self.programs():
            self.assertEqual(self.containers[name]["image"], f"localhost/edudelta-{program}:test", name)
        for name in self.services:
            self.assertEqual(self.containers[name]["depends_on"],
                             {name + "-migrate": {"condition": "service_completed_successfully"}}, name)
            self.assertEqual(self.containers[name + "-migrate"]["command"], ["--migrate"])
        self.assertEqual(set(self.containers["gateway"]["depends_on"]), set(self.services))

    def test_configuration(self):
        for name, program in self.programs():
            with self.subTest(name):
                # Migrations need less of it.
                environment = (self.environment(program) if name != program else {}) | self.environment(name)
                done = subprocess.run([compose.program(program), "--check-config"], env=environment, capture_output=True, text=True,
                                      check=False)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                shown = done.stdout.split()
                self.assertEqual([], [variable for variable in environment if variable not in shown])

    def test_callers(self):
        for name, peers in {"gateway": set(self.services), **self.services}.items():
            environment = self.environment(name)
            addresses = {variable: value for variable, value in environment.items()
                         if variable.endswith("_ADDRESS") and not variable.endswith(("_LISTEN_ADDRESS", "_METRICS_ADDRESS"))}
            self.assertEqual(addresses, {f"EDUDELTA_{peer.upper()}_ADDRESS": f"{peer}:7443" for peer in peers}, name)
            for peer in peers:
                self.assert_meet(name, peer)
        for name in self.services:
            callers = {"gateway"} | {other for other, peers in self.services.items() if name in peers}
            self.assertEqual(set(self.environment(name)["EDUDELTA_TRUSTED_NAMES"].split(",")), callers, name)
            self.assert_meet(name, "mariadb")
            self.assert_meet(name + "-migrate", "mariadb")

    def test_ports(self):
        for name in ["gateway", *self.services]:
            environment, own = self.environment(name), "EDUDELTA_GATEWAY_" if name == "gateway" else "EDUDELTA_"
            self.assertEqual(environment[own + "LISTEN_ADDRESS"], "0.0.0.0:8443" if name == "gateway" else "0.0.0.0:7443")
            self.assertEqual(environment[own + "METRICS_ADDRESS"], "0.0.0.0:9464")
            self.assert_meet("prometheus", name)
        published = {name: one["ports"] for name, one in self.containers.items() if "ports" in one}
        self.assertEqual(published.pop("gateway"), ["8443:8443"])
        for name, ports in published.items():
            # What watches has no accounts of its own, or few.
            self.assertTrue(all(one.startswith("127.0.0.1:") for one in ports), name)

    def test_scraped(self):
        """All that runs a program has its job, by which rules and alerts go."""
        with open(os.path.join(compose.DEPLOY, "monitoring", "compose", "targets.json"), encoding="ascii") as file:
            targets = {one["labels"]["job"]: one["targets"] for one in json.load(file)}
        others = {"prometheus": ["127.0.0.1:9090"], "alertmanager": ["alertmanager:9093"]}
        self.assertEqual(targets, others | {f"edudelta-{name}": [f"{name}:9464"] for name in ["gateway", *self.services]})

    def test_accounts(self):
        for name in self.services:
            serving, migrating = self.environment(name), self.environment(name + "-migrate")
            self.assertEqual(serving["EDUDELTA_DB_URL"], f"mysql://edudelta_{name}@mariadb:3306/edudelta_{name}")
            self.assertEqual(migrating["EDUDELTA_DB_URL"], serving["EDUDELTA_DB_URL"])
            self.assertEqual(migrating["EDUDELTA_DB_DDL_URL"], f"mysql://edudelta_{name}_ddl@mariadb:3306/edudelta_{name}")

    def test_files(self):
        """Each program reads every file that it is given, and of the repository nothing is mounted that is not there."""
        for name, _ in self.programs():
            (source, target), = compose.mounts(self.containers[name])
            self.assertEqual(target, compose.FILES, name)
            read = {os.path.basename(value) for value in self.environment(name).values() if value.startswith(source)}
            self.assertEqual(set(os.listdir(source)), read | BY_HAND.get(name, set()), name)
        for name, one in self.containers.items():
            for source, _ in compose.mounts(one):
                self.assertTrue(os.path.exists(source), f"{name}: {source}")

    def test_restrictions(self):
        for name, one in self.containers.items():
            with self.subTest(name):
                self.assertIs(one["read_only"], True)
                self.assertEqual(one["cap_drop"], ["ALL"])
                self.assertEqual(one["security_opt"], ["no-new-privileges:true"])
                self.assertNotIn("privileged", one)
                self.assertRegex(one["image"], r":(test|v?\d[\w.]*)$")
                self.assertTrue(one["mem_limit"] and one["pids_limit"])
                self.assertTrue(set(one) & {"healthcheck"})
                self.assertTrue(all(volume.endswith(":ro") or not re.match(r"[./]", volume) for volume in one.get("volumes", [])))
        for name in ["gateway", *self.services]:
            self.assertEqual(self.containers[name]["healthcheck"]["test"], ["CMD", "/app/service", "--probe", "ready"])

    def assert_meet(self, one, other):
        networks = [set(self.containers[name]["networks"]) for name in (one, other)]
        self.assertTrue(networks[0] & networks[1], f"{one} and {other} are in no network together")


if __name__ == "__main__":
    unittest.main()
