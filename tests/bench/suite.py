"""Real processes for the measurements: a private MariaDB, the services, the gateway. All end with the run."""

import fcntl
import functools
import glob
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("EDUDELTA_BUILD", os.path.join(ROOT, "build"))
TICK = os.sysconf("SC_CLK_TCK")


class Missing(Exception):
    """A program is not built or not installed; the measurement is left out."""


@functools.cache
def services():
    """{service: services whose addresses it needs}, as the build has it."""
    try:
        with open(os.path.join(BUILD, "services.json"), encoding="ascii") as file:
            return {one["name"]: one["peers"] for one in json.load(file)}
    except FileNotFoundError:
        raise Missing("services.json is not built") from None


def program(name):
    for folder in (f"services/{name}", "gateway", "tests/bench", "tests/contract"):
        path = os.path.join(BUILD, folder, name)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    raise Missing(f"{name} is not built")


def is_built(name):
    try:
        return bool(program(name))
    except Missing:
        return False


def tool(name):
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin")
    if path is None:
        raise Missing(f"{name} is not installed")
    return path


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def memory_mib(pid):
    """Resident and proportional set size."""
    sizes = {}
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        for line in file:
            parts = line.split()
            if parts[0] in ("Rss:", "Pss:"):
                sizes[parts[0]] = int(parts[1]) / 1024
    return sizes["Rss:"], sizes["Pss:"]


def client(measurement, **flags):
    words = [program("bench_client"), measurement]
    for key, value in flags.items():
        words += [f"--{key}", str(value)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip() or f"{words} ended with {done.returncode}")
    return json.loads(done.stdout)


class Suite:
    networking = ("--skip-networking",)

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="edudelta-bench-")
        self._processes = {}
        self.database_pid = None

    def path(self, name):
        return os.path.join(self.folder, name)

    def socket(self, name):
        return self.path(name + ".sock")

    def address(self, name):
        return "unix:" + self.socket(name)

    def runs(self, name):
        return name in self._processes

    @staticmethod
    def built(names):
        return [name for name in names if is_built(name)]

    def pid(self, name):
        return self._processes[name].pid

    def spawn(self, name, words, environment=None):
        with open(self.path(name + ".log"), "ab") as log:
            self._processes[name] = subprocess.Popen(words, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self._processes[name].pid

    def stop(self, *names):
        for name in names:
            self._processes[name].terminate()
        for name in names:
            self._processes.pop(name).wait(60)

    def close(self):
        for name, process in self._processes.items():
            if process.poll() is not None:
                print(f"{name} ended by itself ({process.returncode}): {self.log_end(name)}", file=sys.stderr)
        database = [name for name in self._processes if name == "mariadb"]
        self.stop(*[name for name in self._processes if name != "mariadb"])
        self.stop(*database)
        shutil.rmtree(self.folder, ignore_errors=True)

    def log_end(self, name):
        with open(self.path(name + ".log"), encoding="utf-8", errors="replace") as file:
            return file.read()[-2000:]

    # Database

    def start_database(self):
        if "mariadb" in self._processes:
            return
        data, user = self.path("data"), []
        if os.geteuid() == 0:
            shutil.chown(self.folder, "mysql")
            user = ["--user=mysql"]
        common = ["--no-defaults", f"--datadir={data}", f"--tmpdir={self.folder}"] + user
        self._make_data(data, common)
        self.database_pid = self.spawn("mariadb", [
            tool("mariadbd"), *common, f"--socket={self.socket('mariadb')}", f"--pid-file={self.path('mariadb.pid')}",
            *self.networking, "--skip-name-resolve", "--performance-schema=OFF",
            "--max-connections=200", "--max-allowed-packet=64M", "--table-definition-cache=2000", "--table-open-cache=4000",
            "--character-set-server=utf8mb4", "--collation-server=utf8mb4_bin", "--default-time-zone=+00:00",
            "--transaction-isolation=READ-COMMITTED",
            "--innodb-buffer-pool-size=1G", "--innodb-log-file-size=512M", "--innodb-flush-log-at-trx-commit=1",
            "--innodb-flush-method=O_DIRECT", "--innodb-buffer-pool-dump-at-shutdown=OFF", "--local-infile=1",
            "--secure-file-priv="])
        for _ in range(600):
            if subprocess.run([*self._sql(), "-e", "SELECT 1"], capture_output=True, check=False).returncode == 0:
                return
            time.sleep(0.05)
        raise RuntimeError("mariadbd did not start: " + self.log_end("mariadb"))

    def _make_data(self, data, common):
        """A copy of an empty one that the build keeps for each server, as services/common/testing/template.h does."""
        kept = os.path.join(BUILD, "testing")
        os.makedirs(kept, exist_ok=True)
        server = os.stat(tool("mariadbd"))
        template = os.path.join(kept, f"suite-{server.st_size}-{server.st_mtime_ns}")
        with open(os.path.join(kept, "suite.lock"), "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not os.path.isdir(template):
                subprocess.run([tool("mariadb-install-db"), *common, "--auth-root-authentication-method=normal",
                                "--skip-test-db", "--skip-name-resolve", "--innodb-log-file-size=8M"],
                               check=True, stdout=subprocess.DEVNULL)
                for old in glob.glob(os.path.join(kept, "suite-*")):
                    shutil.rmtree(old)
                subprocess.run(["cp", "-a", data, template + ".half"], check=True)
                os.rename(template + ".half", template)
                return
            subprocess.run(["cp", "-a", template, data], check=True)

    def _sql(self):
        return [tool("mariadb"), "--no-defaults", f"--socket={self.socket('mariadb')}", "-u", "root", "--batch", "-N",
                "--local-infile=1"]

    def sql(self, text, schema=""):
        words = self._sql() + ([schema] if schema else [])
        done = subprocess.run(words, input=text, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip())
        return [line.split("\t") for line in done.stdout.splitlines()]

    def status(self, *names):
        listed = ", ".join(f"'{name}'" for name in names)
        return {name: int(value) for name, value in self.sql(f"SHOW GLOBAL STATUS WHERE Variable_name IN ({listed})")}

    # Services

    def environment(self, name):
        url = f"mysql://root@localhost/edudelta_{name}?socket={urllib.parse.quote(self.socket('mariadb'))}"
        environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
        # Which reasons were given is collected of all processes (tests/results).
        environment |= {key: os.environ[key] for key in ("EDUDELTA_REASONS_FILE",) if key in os.environ}
        if name == "gateway":
            environment |= {"EDUDELTA_GATEWAY_LISTEN_ADDRESS": "127.0.0.1:18080", "EDUDELTA_GATEWAY_RATE_PER_SECOND": "10000000",
                            "EDUDELTA_GATEWAY_RATE_BURST": "10000000", "EDUDELTA_GATEWAY_LOGINS_PER_SECOND": "1000"}
        else:
            environment |= {"EDUDELTA_LISTEN_UNIX": self.socket(name), "EDUDELTA_DB_URL": url, "EDUDELTA_DB_DDL_URL": url,
                            "EDUDELTA_FIELD_KEY_FILE": self._field_keys(name)}
        if name == "exchange":
            environment["EDUDELTA_TOKEN_KEY_FILE"] = self._token_key()
        peers = services() if name == "gateway" else services()[name]
        return environment | {f"EDUDELTA_{peer.upper()}_ADDRESS": self.address(peer) for peer in peers}

    def private_file(self, name, text):
        path = self.path(name)
        if not os.path.exists(path):
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
                file.write(text)
        return path

    def _field_keys(self, name):
        return self.private_file(name + ".fields.json", json.dumps({
            "current": "k1", "keys": {"k1": secrets.token_hex(32)}, "index_key": {"id": "i1", "key": secrets.token_hex(32)}}))

    def _token_key(self):
        path = self.path("token-key.pem")
        if not os.path.exists(path):
            key = subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
                                 capture_output=True, text=True, check=True).stdout
            self.private_file("token-key.pem", key)
        return path

    def run_service(self, name, *words):
        done = subprocess.run([program(name), *words], env=self.environment(name), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{name} {words}: {done.stderr.strip()}")

    def start(self, *names):
        """Starts services that do not run yet. Returns the seconds from the start of the process to SERVING of each."""
        self.start_database()
        took = {}
        for name in names:
            if name in self._processes:
                continue
            words, environment = [program(name)], self.environment(name)
            if name == "gateway":
                self.spawn(name, words, environment)
                continue
            if not self.sql(f"SHOW DATABASES LIKE 'edudelta_{name}'"):
                self.sql(f"CREATE DATABASE edudelta_{name}")
                self.run_service(name, "--migrate")
            waiting = subprocess.Popen([program("bench_client"), "ready", "--path", self.socket(name)], stdout=subprocess.PIPE,
                                       text=True)
            time.sleep(0.1)
            started = time.monotonic()
            self.spawn(name, words, environment)
            while waiting.poll() is None:
                if self._processes[name].poll() is not None or time.monotonic() - started > 60:
                    waiting.kill()
                    raise RuntimeError(f"{name} did not start: " + self.log_end(name))
                time.sleep(0.01)
            took[name] = json.loads(waiting.stdout.read())["monotonic"] - started
        return took


def generate_district(suite, schools=900):
    """The CSV files of one fictional district of so many schools; its manifest."""
    folder = suite.path("district")
    if not glob.glob(folder + "/manifest.json"):
        subprocess.run(["python3", os.path.join(ROOT, "deploy/demo/generate.py"), folder, "--district-of", str(schools)], check=True,
                       stdout=subprocess.DEVNULL)
    with open(folder + "/manifest.json", encoding="utf-8") as file:
        return json.load(file)
