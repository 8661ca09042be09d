"""A whole node (tests/e2e/node.py) with Prometheus and Alertmanager beside it, as deploy/up --monitoring starts them, and who is notified."""

import http.server
import json
import os
import shutil
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
MONITORING = os.path.join(ROOT, "deploy", "monitoring")
sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(ROOT, "tests", "e2e")]

import yaml  # noqa: E402
from node import Node, eventually, free_port  # noqa: E402
from scripts import load, script  # noqa: E402
from suite import services, tool  # noqa: E402

PROGRAMS = (*services(), "gateway")


render = script(os.path.join(MONITORING, "render"))


class Notified:
    """A webhook that keeps what it is told: (when, receiver, [(alertname, labels)]) of each notification of something firing."""

    def __init__(self):
        self.told = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                alerts = [one["labels"] for one in body["alerts"] if one["status"] == "firing"]
                if alerts:
                    outer.told.append((time.monotonic(), body["receiver"], alerts))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *words):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()


class WatchedNode(Node):
    programs = PROGRAMS

    def __init__(self):
        super().__init__()
        self.metrics_ports = {name: free_port() for name in PROGRAMS}
        # Where Prometheus goes instead: {program: port of a proxy}.
        self.scraped_at = {}
        self.prometheus_port, self.alertmanager_port = free_port(), free_port()
        self.prometheus = f"http://127.0.0.1:{self.prometheus_port}"
        self.notified = Notified()
        self.rules = []

    def close(self):
        super().close()
        self.notified.close()

    def environment(self, name):
        prefix = "EDUDELTA_GATEWAY_" if name == "gateway" else "EDUDELTA_"
        return super().environment(name) | {prefix + "METRICS_ADDRESS": f"127.0.0.1:{self.metrics_ports[name]}"}

    # Monitoring

    def watch(self, scale=None):
        """Starts both with the rules that are delivered, or with faster ones: `scale` as render takes it."""
        folder = self.path("monitoring")
        os.makedirs(folder, exist_ok=True)
        self.write_rules(scale)
        self._write_targets(folder)
        fast = scale is not None
        config = load(os.path.join(MONITORING, "prometheus.yml"))
        route = load(os.path.join(MONITORING, "alertmanager.yml"))
        if fast:
            config["global"] |= {"scrape_interval": "1s", "scrape_timeout": "900ms", "evaluation_interval": "1s"}
            route["route"] |= {"group_wait": "2s", "group_interval": "5s"}
        for receiver in route["receivers"]:
            receiver["webhook_configs"] = [{"url": self.notified.url + receiver["name"]}]
        for name, content in (("prometheus.yml", config), ("alertmanager.yml", route)):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                yaml.safe_dump(content, file)
        environment = {"PATH": "/usr/bin:/bin"}
        self.spawn("alertmanager", [
            tool("prometheus-alertmanager"), f"--config.file={folder}/alertmanager.yml", f"--storage.path={folder}/alertmanager",
            f"--web.listen-address=127.0.0.1:{self.alertmanager_port}", "--cluster.listen-address="], environment)
        self.spawn("prometheus", [
            tool("prometheus"), f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/prometheus",
            f"--web.listen-address=127.0.0.1:{self.prometheus_port}"], environment)
        eventually("Prometheus has scraped all", lambda: len(self.query("up == 1")) == len(self.metrics_ports), 120)

    def write_rules(self, scale=None, limits=None):
        """The rules; `limits`: {program: memory} that differ."""
        path = os.path.join(self.path("monitoring"), "rules.yaml")
        alerts = render.load_alerts()
        alerts["memory_limits"] |= limits or {}
        slo = render.load("slo.yaml")
        if scale is not None:
            # Tickets look back further than a drill takes.
            slo["burns"] = [burn for burn in slo["burns"] if burn["severity"] == "page"]
        rules = render.render(slo, alerts, scale or (lambda name: 1))
        self.rules = [rule for group in rules["groups"] for rule in group["rules"] if "alert" in rule]
        with open(path, "w", encoding="utf-8") as file:
            file.write(render.write(rules))
        self.reload()

    def _write_targets(self, folder):
        targets = [{"targets": [f"127.0.0.1:{self.scraped_at.get(name, port)}"], "labels": {"job": self.job(name)}}
                   for name, port in self.metrics_ports.items()]
        for name, content in (("targets.json", targets), ("alertmanagers.json", [{"targets": [f"127.0.0.1:{self.alertmanager_port}"]}])):
            with open(os.path.join(folder, name), "w", encoding="ascii") as file:
                json.dump(content, file)

    def job(self, name):
        return f"edudelta-{name}"

    def reload(self):
        if self.runs("prometheus"):
            os.kill(self.pid("prometheus"), 1)

    # Asking

    def _ask(self, path):
        try:
            with urllib.request.urlopen(self.prometheus + path, timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            if error.code == 503:
                return {"result": [], "alerts": []}
            raise AssertionError(f"{urllib.parse.unquote_plus(path)}: {error.read().decode()}") from error
        except OSError:
            return {"result": [], "alerts": []}

    def query(self, expression):
        """[(labels, value)]"""
        found = self._ask("/api/v1/query?" + urllib.parse.urlencode({"query": expression}))["result"]
        return [(one["metric"], float(one["value"][1])) for one in found]

    def alerts(self, state="firing"):
        """{(alertname, severity)} by Prometheus."""
        return {(one["labels"]["alertname"], one["labels"]["severity"]) for one in self._ask("/api/v1/alerts")["alerts"]
                if one["state"] == state}


def is_installed():
    return all(shutil.which(name) for name in ("prometheus", "prometheus-alertmanager", "promtool"))
