"""A node whose programs are containers, each with all that deploy/compose.yaml says of it, run by podman from the images of
deploy/image. The database is a process of this machine instead; what watches the suite is left out: no image of others can be had
without a registry."""

import json
import os
import resource
import shutil
import ssl
import subprocess
import sys

import compose

sys.path.insert(0, os.path.join(compose.ROOT, "tests", "e2e"))

import node  # noqa: E402

# The network in which containers meet the database, and this machine's address there.
SUBNET, HOST = "10.213.77.0/24", "10.213.77.1"
OTHERS = ("mariadb", "prometheus", "alertmanager", "grafana")
# When each runs is for this file to say.
ORDER = {"depends_on", "restart", "stop_grace_period"}
PREFIX = "edudelta-verify-"
USER = 65532


class TlsWire(node.Wire):
    def __init__(self, port, authority):
        super().__init__(port)
        self._context = ssl.create_default_context(cafile=authority)

    def open(self):
        return node.http.client.HTTPSConnection("127.0.0.1", self.port, timeout=120, context=self._context)


def words(container):
    """What podman is told to make such a container. Nothing that is said of it is left out."""
    options = {
        "read_only": lambda is_so: ["--read-only"] * is_so,
        "cap_drop": lambda names: [f"--cap-drop={name}" for name in names],
        "security_opt": lambda names: [f"--security-opt={name}" for name in names],
        "pids_limit": lambda limit: [f"--pids-limit={limit}"],
        "mem_limit": lambda limit: [f"--memory={limit}"],
        "tmpfs": lambda mounts: [f"--tmpfs={mount}" for mount in mounts],
        "volumes": lambda mounts: [f"--volume={mount}" for mount in mounts],
        "environment": lambda variables: [f"--env={name}={value}" for name, value in variables.items()],
        "networks": lambda names: [f"--network={PREFIX}{name}" for name in names],
        "ports": lambda ports: [f"--publish={port}" for port in ports],
        "healthcheck": lambda check: [] if check.get("disable") else [f"--health-cmd={json.dumps(check['test'])}"],
        "image": lambda name: [name],
        "command": lambda command: command,
    }
    unknown = set(container) - set(options) - ORDER
    if unknown:
        raise AssertionError(f"compose.yaml says what is not done here: {unknown}")
    return [word for key, of in options.items() if key in container for word in of(container[key])]


class Containers(node.Node):
    networking = (f"--bind-address={HOST}", "--port=3306")

    def __init__(self, images, version):
        super().__init__()
        self._images, self._version = images, version
        self._secrets, self.files = self.path("secrets"), self.path("files")
        subprocess.run([os.path.join(compose.DEPLOY, "secrets"), self._secrets], check=True, stdout=subprocess.DEVNULL)
        self.wire = TlsWire(self.port, os.path.join(self._secrets, "authority", "ca.pem"))
        self._podman = ["podman", "--storage-driver", "overlay", "--root", self.path("store"), "--runroot", self.path("runtime")]
        self._settings = os.environ | {"CONTAINERS_CONF": self.private_file("containers.conf", self._engine())}
        os.mkdir(self.files, 0o700)
        self.give("ca.crt", os.path.join(self._secrets, "authority", "ca.pem"))
        self._file = compose.load(self._secrets, version)
        self._containers = {name: one for name, one in self._file["services"].items() if name not in OTHERS}
        self._containers["gateway"]["ports"] = [f"127.0.0.1:{self.port}:8443"]

    @staticmethod
    def _engine():
        # By itself podman would raise these limits, for which not every machine gives the privilege.
        most = {"nofile": (resource.RLIMIT_NOFILE, 16384), "nproc": (resource.RLIMIT_NPROC, 4096)}
        hard = {name: min(resource.getrlimit(which)[1], limit) for name, (which, limit) in most.items()}
        limits = ", ".join(f'"{name}={value}:{value}"' for name, value in hard.items())
        return (f'[containers]\ndefault_ulimits = [{limits}]\n'
                '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n')

    def podman(self, *more, check=True):
        done = subprocess.run([*self._podman, *more], env=self._settings, capture_output=True, text=True, check=False, timeout=300)
        if check and done.returncode != 0:
            raise AssertionError(f"podman {' '.join(more)}: {done.returncode} {done.stdout}{done.stderr}"[-3000:])
        return done

    def _container(self, name, *options, command=None):
        container = self._containers[name] | ({"command": command} if command else {})
        self.podman("run", *options, f"--add-host=mariadb:{HOST}", *words(container))

    def _serve(self, name):
        self._container(name, "--detach", "--name", name)

    def start_all(self):
        for name in [*compose.services(), "gateway", "cli"]:
            self.podman("load", "--quiet", "--input", os.path.join(self._images, f"edudelta-{name}.tar"))
        for name, network in self._file["networks"].items():
            more = ["--internal"] * network.get("internal", False) + [f"--subnet={SUBNET}", f"--gateway={HOST}"] * (name == "database")
            self.podman("network", "create", *more, PREFIX + name)
        # The database listens in its network, which is there as long as somebody is in it.
        self.podman("run", "--detach", f"--network={PREFIX}database", f"localhost/edudelta-cli:{self._version}", "status", "--wait", "3600")
        self.start_database()
        with open(os.path.join(self._secrets, "mariadb", "accounts.sql"), encoding="ascii") as file:
            self.sql(file.read())
        for name in compose.services():
            self._container(name + "-migrate", "--rm")
        for name in compose.services():
            self._serve(name)
        self._container("exchange", "--rm", command=["--bootstrap-admin", "/etc/edudelta/admin.password"])
        self._serve("gateway")
        with open(os.path.join(self._secrets, "exchange", "admin.password"), encoding="ascii") as file:
            self._passwords[node.ADMINISTRATOR] = file.read().strip()
        node.eventually("the gateway is ready", self._is_ready, 120)
        self._make_accounts()

    def check_health(self):
        """Each serving container by its own check; how many there are."""
        serving = [name for name in self._containers if not name.endswith("-migrate")]
        for name in serving:
            self.podman("healthcheck", "run", name)
        return len(serving)

    def give(self, name, source):
        """The file for the command line, which reads /files."""
        path = shutil.copy(source, os.path.join(self.files, name))
        os.chmod(path, 0o600)
        return f"/files/{name}"

    def cli(self, short, *words, check=True):
        account = []
        if short:
            principal = "organizations/" + short.replace("/", "/users/")
            name = short.replace("/", ".") + ".password"
            account = ["--user", principal, "--password-file", self.give(name, self.private_file(name, self.password(principal)))]
        for folder, _, files in os.walk(self.files):
            for path in [folder, *[os.path.join(folder, name) for name in files]]:
                os.chown(path, USER, USER)
        return self.podman("run", "--rm", "--read-only", "--cap-drop=all", f"--network={PREFIX}edge", f"--volume={self.files}:/files",
                           "--env=HOME=/files", "--env=EDUDELTA_CA=/files/ca.crt", "--env=EDUDELTA_SERVER=https://gateway:8443",
                           f"localhost/edudelta-cli:{self._version}", *words, *account, check=check)

    def close(self):
        self.podman("rm", "--all", "--force", "--time", "40", check=False)
        self.podman("network", "rm", "--force", *[PREFIX + name for name in self._file["networks"]], check=False)
        # podman mounts it over itself, and leaves it so.
        subprocess.run(["umount", os.path.join(self.path("store"), "overlay")], stderr=subprocess.DEVNULL, check=False)
        super().close()
