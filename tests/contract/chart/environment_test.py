"""What is rendered is what the programs take: each container's environment, with its files, goes through that very program."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

import chart
import yaml

# As helm/README.md asks for them: secret -> key -> content, for all services; the release is called as chart.RELEASE.
FIELDS = '{"current": "k1", "keys": {"k1": "%s"}, "index_key": {"id": "i1", "key": "%s"}}' % ("ab" * 32, "cd" * 32)


def secrets():
    names = list(chart.services())
    token = subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
                           capture_output=True, check=True, text=True).stdout
    pair = {"tls.crt": "a certificate\n", "tls.key": token, "ca.crt": "a certificate\n"}
    return {
        "edudelta-db": {name: "password\n" for name in names},
        "edudelta-db-ddl": {name: "password\n" for name in names},
        "edudelta-keys": {f"{name}.fields.json": FIELDS for name in names} | {"token-key.pem": token},
        "first": {"password": "Correct-horse-9\n"},
        "db-ca": {"ca.crt": "a certificate\n"},
    } | {f"{chart.RELEASE}-{name}-tls": pair for name in (*names, "gateway")}


def program(container):
    name = container["image"].rsplit("/", 1)[-1].split(":")[0].split("@")[0].removeprefix("edudelta-")
    others = {"gateway": "gateway/gateway", "cli": "gateway/cli/edudelta"}
    return os.path.join(chart.BUILD, others.get(name) or chart.services()[name]["program"])


class Environment(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.secrets = secrets()

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="chart.")
        self.addCleanup(shutil.rmtree, self.folder)

    def mount(self, pod, container):
        """The container's files, as the kubelet lays them out; returns where each mounted path stands here."""
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        places = self.places = {}
        for mount in container["volumeMounts"]:
            place = places[mount["mountPath"]] = os.path.join(self.folder, mount["name"])
            os.makedirs(place, exist_ok=True)
            projected = volumes[mount["name"]].get("projected")
            if projected is None:
                self.assertIn("emptyDir", volumes[mount["name"]])
                continue
            self.assertTrue(mount["readOnly"])
            for source in projected["sources"]:
                for item in source["secret"]["items"]:
                    file = os.path.join(place, item["path"])
                    self.assertFalse(os.path.exists(file), file)
                    with open(file, "w", encoding="utf-8") as out:
                        out.write(self.secrets[source["secret"]["name"]][item["key"]])
                    os.chmod(file, projected["defaultMode"])
        return places

    def here(self, text):
        for path, place in self.places.items():
            if text.startswith(path + "/"):
                return place + text[len(path):]
        return text

    def environment(self, pod, container):
        """With paths that lead to the files of mount(), all of which are used."""
        self.mount(pod, container)
        values, used = {}, set()
        for variable, value in chart.environment(container).items():
            values[variable] = self.here(value)
            used.add(values[variable])
        used.update(self.here(word) for word in container["command"])
        files = {os.path.join(folder, name) for folder, _, names in os.walk(self.folder) for name in names}
        self.assertEqual(files - used, set(), "a file that nothing names")
        return values

    def check(self, document):
        pod = chart.pod_of(document)["spec"]
        for container in pod["containers"]:
            values = self.environment(pod, container)
            if document["kind"] == "Job":
                self.check_command(container, values)
                continue
            result = chart.run(program(container), "--check-config", environment=values)
            self.assertEqual(result.returncode, 0, result.stderr)
            told = {line.split()[0] for line in result.stdout.splitlines() if line.split()[1] == "set"}
            self.assertEqual(told, {variable for variable, value in values.items() if value})

    def check_command(self, container, values):
        """A command has less to be told than a server: it comes as far as the database, which is not there."""
        values = {variable: re.sub(r"@[^/]*/", "@127.0.0.1:1/", value) for variable, value in values.items()}
        words = [self.here(word) for word in container["command"][1:]]
        result = chart.run(program(container), *words, environment=values)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn(": DATABASE_UNAVAILABLE", result.stderr)

    def test_each_program_takes_its_own(self):
        # All that has an effect on an environment.
        words = ["--set", "secrets.administrator=first,gateway.trustedProxies={10.1.0.0/16,10.2.0.9},gateway.corsOrigins={https://a.cn}",
                 "--set", "services.planning.env.EDUDELTA_LOG_LEVEL=debug"]
        checked = 0
        for options in ([], words, ["--set", "logCalls=sampled:10"], ["--set", "database.tls.caSecret=,database.tls.acceptPlaintext=true"]):
            for document in chart.of_kind(chart.render(*options), "Deployment", "Job"):
                with self.subTest(options=options, name=document["metadata"]["name"]):
                    self.setUp()
                    self.check(document)
                    checked += 1
        print(f"{checked} environments taken")

    def test_the_chart_is_of_the_programs_version(self):
        with open(os.path.join(chart.CHART, "Chart.yaml"), encoding="utf-8") as file:
            version = yaml.safe_load(file)["appVersion"]
        for document in chart.of_kind(chart.render(), "Deployment"):
            for container in chart.pod_of(document)["spec"]["containers"]:
                result = chart.run(program(container), "--version", environment={})
                self.assertEqual(result.stdout.split()[1:2], [version], result.stdout + result.stderr)
                self.assertTrue(container["image"].endswith(":" + version))

    def test_no_variable_is_put_in_by_others(self):
        """The kubelet would add EDUDELTA_GATEWAY_PORT and the like, which the programs refuse."""
        for document in chart.of_kind(chart.render(), "Deployment", "Job", "Pod"):
            self.assertIs(chart.pod_of(document)["spec"]["enableServiceLinks"], False)

    def test_there_is_time_to_drain(self):
        for document in chart.of_kind(chart.render(), "Deployment"):
            pod = chart.pod_of(document)["spec"]
            values = chart.environment(pod["containers"][0])
            own = "EDUDELTA_GATEWAY_" if "EDUDELTA_GATEWAY_DRAIN_LIMIT" in values else "EDUDELTA_"
            needed = sum(int(values[own + name].removesuffix("s")) for name in ("DRAIN_DELAY", "DRAIN_LIMIT"))
            self.assertEqual(pod["terminationGracePeriodSeconds"], needed + 10)

    def test_the_smoke_test_asks_the_gateway(self):
        """It says that nobody answers (3), not that it does not understand (2)."""
        documents = chart.render()
        pod = chart.of_kind(documents, "Pod")[0]["spec"]
        container = pod["containers"][0]
        places = self.mount(pod, container)
        words = container["command"][1:]
        self.assertEqual(os.listdir(places["/etc/edudelta"]), ["ca.crt"])
        host = words[words.index("--server") + 1].removeprefix("https://")
        certificate = next(one["spec"] for one in chart.of_kind(documents, "Certificate") if chart.component(one) == "gateway")
        self.assertIn(host, certificate["dnsNames"])
        self.assertIn(host, [one["metadata"]["name"] for one in chart.of_kind(documents, "Service")])
        given = dict(zip(words, words[1:])) | {"--server": "https://127.0.0.1:1", "--ca": "/dev/null", "--wait": "0"}
        result = chart.run(program(container), *(given[before] if before in given and before.startswith("--") else word
                                                 for before, word in zip([""] + words, words)),
                           environment={})
        self.assertEqual(result.returncode, 3, result.stderr)


if __name__ == "__main__":
    chart.main()
