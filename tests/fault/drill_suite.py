"""The suite of the drill of alerts, and what can be broken in it."""

import contextlib
import os
import random
import secrets
import shutil
import signal
import subprocess
import tempfile
import threading

# First: it says where the others are.
from watched import WatchedNode
from agreement_parties import Parties
from alert_load import SCHOOLS, Load
from node import Wire, eventually, free_port
from proxy import Proxy
from suite import program

# A week in under three minutes: what an alert that looks so far back is drilled with. All else is sixty times as fast.
FASTER = {"PartnerSilent": 3600}
SCALE = 60


class DrillNode(WatchedNode):
    """With a second gateway, which speaks TLS, and on a disk of its own where that can be had."""

    def __init__(self, own_disk):
        super().__init__()
        self.own_disk = own_disk
        if own_disk:
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1500m", "tmpfs", self.folder], check=True)
        self.metrics_ports["gateway2"] = free_port()
        self.second_port = free_port()
        self.started_with, self.more = {}, {}
        # What watches must not break with what is watched.
        self.watching = tempfile.mkdtemp(prefix="edudelta-watching-")
        os.symlink(self.watching, self.path("monitoring"))

    def close(self):
        super().close()
        shutil.rmtree(self.watching, ignore_errors=True)
        if self.own_disk:
            subprocess.run(["umount", "-l", self.folder], check=False)

    def environment(self, name):
        if name != "gateway2":
            return super().environment(name) | self.more.get(name, {})
        environment = super().environment("gateway")
        return environment | {
            "EDUDELTA_GATEWAY_LISTEN_ADDRESS": f"127.0.0.1:{self.second_port}",
            "EDUDELTA_GATEWAY_METRICS_ADDRESS": f"127.0.0.1:{self.metrics_ports['gateway2']}",
            "EDUDELTA_GATEWAY_TLS_CERT_FILE": self.path("second.pem"), "EDUDELTA_GATEWAY_TLS_KEY_FILE": self.path("second.key")}

    def job(self, name):
        return "edudelta-gateway" if name == "gateway2" else super().job(name)

    def spawn(self, name, words, environment=None):
        self.started_with[name] = words
        return super().spawn(name, words, environment)

    def make_certificate(self, days):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=gateway",
                        "-days", str(days), "-keyout", self.path("second.key"), "-out", self.path("second.pem")], check=True, capture_output=True)


class Drill(Parties):
    """One suite for all faults; each heals what it breaks."""

    number = 0

    def __init__(self, own_disk):
        self.node = node = DrillNode(own_disk)
        try:
            node._start_all()
            node.make_certificate(90)
            node.spawn("gateway2", [program("gateway")], node.environment("gateway2"))
            rows = node.load("310114", {"schools"})["schools"]
            node.schools = [row["school"] for row in rows]
            type(self).node = node
            partners = [self.new_partner() for _ in range(2)]
            for partner in partners:
                self.agree(partner, [("planning.School", ["display_name", "kind"], "")])
            self.scraping = Proxy(("127.0.0.1", node.metrics_ports["planning"]))
            node.scraped_at["planning"] = self.scraping.port
            node.watch(self.scale)
            self.load = Load(node, partners)
        except BaseException:
            node.close()
            raise

    def close(self):
        self.load.close()
        self.scraping.close()
        self.node.close()

    scale = staticmethod(lambda name: FASTER.get(name, SCALE))

    def write_rules(self, limits=None, scale=None):
        self.node.write_rules(scale or self.scale, limits)

    # Processes

    def kill(self, name):
        process = self.node._processes.pop(name)
        process.kill()
        process.wait(30)

    def restart(self, name, prefix=()):
        """Ends it in good order where it runs, and waits until it serves again."""
        node = self.node
        if node.runs(name):
            node.stop(name)
        words = node.started_with[name]
        if name == "mariadb":
            node.spawn(name, [*prefix, *words])
            # What it is started with next time.
            node.started_with[name] = words
            eventually("the database answers", lambda: subprocess.run([*node._sql(), "-e", "SELECT 1"], capture_output=True, check=False).returncode == 0, 90)
        else:
            node.spawn(name, words, node.environment(name))
        self.await_served()

    def await_served(self):
        eventually("the node is whole", self.node._is_ready, 120)

    @contextlib.contextmanager
    def paused(self, name):
        pid = self.node.pid(name)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    @contextlib.contextmanager
    def with_environment(self, name, **more):
        self.node.more[name] = more
        try:
            self.restart(name)
            yield
        finally:
            del self.node.more[name]
            self.restart(name)

    def keep_starting(self, name, times):
        """Starts it again each time that it ends, so often."""
        for _ in range(times):
            self.node._processes[name].wait(60)
            self.node.spawn(name, self.node.started_with[name], self.node.environment(name))

    @contextlib.contextmanager
    def behind_proxy(self, name, peer):
        """`name` reaches its database, or another service, through a proxy."""
        node = self.node
        path = node.path(f"proxy-{secrets.token_hex(4)}.sock")
        proxy = Proxy(node.socket(peer), path)
        if peer == "mariadb":
            more = {"EDUDELTA_DB_URL": node.environment(name)["EDUDELTA_DB_URL"].replace("mariadb.sock", os.path.basename(path))}
        else:
            more = {f"EDUDELTA_{peer.upper()}_ADDRESS": "unix:" + path}
        try:
            with self.with_environment(name, **more):
                yield proxy
                proxy.become("pass")
        finally:
            proxy.close()

    @contextlib.contextmanager
    def flickering(self, name):
        """Paused and resumed, so that some calls fail and some do not."""
        end = threading.Event()

        def run():
            while not end.wait(1.0):
                self.kill(name)
                end.wait(0.5)
                self.node.spawn(name, self.node.started_with[name], self.node.environment(name))
                end.wait(3.0)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            end.set()
            thread.join()
            self.await_served()

    # Database

    @contextlib.contextmanager
    def holding(self, service, statement):
        """A client that began a transaction, and went to lunch."""
        client = subprocess.Popen([*self.node._sql(), f"edudelta_{service}", "-e", f"SET autocommit = 0; {statement}; SELECT SLEEP(3600)"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield
        finally:
            for number, in self.node.sql("SELECT id FROM information_schema.processlist WHERE info LIKE '%SLEEP(3600)%' AND id <> CONNECTION_ID()"):
                self.node.sql(f"KILL {number}")
            client.kill()
            client.wait()

    @contextlib.contextmanager
    def full_disk(self):
        ballast = self.node.path("ballast")
        subprocess.run(["dd", "if=/dev/zero", f"of={ballast}", "bs=1M"], capture_output=True, check=False)
        try:
            yield
        finally:
            os.remove(ballast)
            # InnoDB may give up when it has no room.
            if self.node._processes["mariadb"].poll() is not None:
                self.restart("mariadb")
            self.await_served()

    def certificate(self, days):
        self.node.make_certificate(days)
        self.restart("gateway2")

    # Calls

    @contextlib.contextmanager
    def crowd(self, count, ask=None):
        """So many clients at once, each asking again as soon as it is answered."""
        end, wire = threading.Event(), Wire(self.node.port)
        clerk = self.load.account("jiading/clerk")
        ask = ask or (lambda one: one.get(SCHOOLS, page_size=20))

        def run():
            one = type(clerk)(wire, clerk.token)
            while not end.is_set():
                with contextlib.suppress(OSError, AssertionError):
                    ask(one)
                end.wait(0.05)

        threads = [threading.Thread(target=run, daemon=True) for _ in range(count)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            end.set()
            for thread in threads:
                thread.join(40)
            wire.close()

    def denied(self, count):
        """Each of another district: equal denials share an entry."""
        reader = self.load.account("p1/reader", client=True)
        return self.crowd(count, lambda one: type(reader)(one._wire, reader.token, "STATISTICS").get(
            f"/v1/districts/{random.randint(310101, 310151)}/{random.choice(('teachers', 'buildings', 'rooms', 'inspectionPoints'))}", page_size=1))

    def partners(self, count):
        reader = self.load.account("p1/reader", client=True)
        return self.crowd(count, lambda one: type(reader)(one._wire, reader.token, "STATISTICS").get(SCHOOLS, page_size=1))

    def exporting(self, service):
        register = {"teachers": "teachers"}[service]
        return self.crowd(4, lambda one: one.ask("GET", f"/v1/districts/310114/{register}:export", headers={"Edudelta-Timeout-Ms": "1000"}))

    def clerk_imports(self, text):
        with contextlib.suppress(OSError):
            return self.load.account("jiading/clerk").ask("POST", SCHOOLS + ":import?mode=partial", text.encode(), {"Content-Type": "text/csv"})
        return None

    @staticmethod
    def many_schools(count):
        rows = [f"2{number:09d},演练小学{number},211,831,111,310114002,演练路{number}号" for number in range(count)]
        return "school,display_name,kind,holder,urban_rural,town_code,address\n" + "\n".join(rows) + "\n"
