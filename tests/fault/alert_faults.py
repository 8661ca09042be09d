"""What is broken in the drill of alerts, and which alerts must tell of it. `must` fires; `may` is of the same cause; nothing else is notified.

A fault is a context manager over the drill (tests/fault/alerts): broken inside, healed at its end. "Name t" is the ticket where an alert of
that name pages as well.
"""

import contextlib
import os
import resource
import signal
import subprocess
import time

PAGES_BY_DEFAULT = {"ServiceDown", "ServiceNotServing", "GatewayDown", "DatabaseAway", "DatabaseFull", "EvidenceBlocked", "PolicyStale",
                    "CertificateExpiring"}
BURNS = ("EdgeAvailabilityBurn", "EdgeLatencyBurn", "ServiceAvailabilityBurn", "ServiceLatencyBurn", "TransfersBurn", "PartnerExchangeBurn",
         "OutboxFreshnessBurn", "FollowerFreshnessBurn")
DATABASE = ("ServiceNotServing", "PolicyStale", "EvidenceBlocked", "DenialsUnrecorded", "FollowerStuck", "OutboxStuck", "ImportFailing",
            "PoolSaturated", "QueueRejecting", *BURNS)
FAULTS = []


class Fault:
    def __init__(self, name, inject, must, may, needs):
        self.name, self.inject, self.must, self.may, self.needs = name, inject, must, may, needs


def name_of(alert):
    return alert.split(" ")[0]


def key_of(alert):
    name, _, ticket = alert.partition(" ")
    return name, "page" if not ticket and (name in PAGES_BY_DEFAULT or name in BURNS) else "ticket"


def fault(name, *must, may=(), needs=None):
    """Declares the function below it. `needs` is a program without which it is left out."""
    def declare(inject):
        FAULTS.append(Fault(name, contextlib.contextmanager(inject), must, may, needs))
        return inject
    return declare


# Processes

def killed(service):
    def inject(drill):
        drill.kill(service)
        yield
        drill.restart(service)
    return inject


for one in ("planning", "teachers", "facilities", "safety"):
    fault(f"kill -9 {one}", "ServiceDown", may=("FollowerStuck", "ServiceNotServing", *BURNS))(killed(one))
fault("kill -9 exchange", "ServiceDown", may=("PolicyStale", "DenialsUnrecorded", "EvidenceBlocked", *BURNS))(killed("exchange"))


@fault("SIGSTOP teachers", "ServiceNotServing", may=BURNS)
def stopped(drill):
    with drill.paused("teachers"):
        yield


@fault("crash loop", "CrashLooping", may=("ServiceDown", "FollowerStuck", *BURNS))
def crash_loop(drill):
    with drill.with_environment("planning", EDUDELTA_FAILPOINTS="after_commit=1"):
        drill.keep_starting("planning", 5)
        yield


@fault("kill one gateway", "GatewayDown t")
def one_gateway(drill):
    drill.kill("gateway2")
    yield
    drill.restart("gateway2")


@fault("kill both gateways", "GatewayDown", may=("GatewayDown t", *BURNS))
def both_gateways(drill):
    drill.kill("gateway")
    drill.kill("gateway2")
    yield
    drill.restart("gateway")
    drill.restart("gateway2")


@fault("scrape port blocked", "TargetMissing")
def blocked(drill):
    drill.scraping.become("silent")
    yield
    drill.scraping.become("closed")
    drill.scraping.become("pass")


# Database

@fault("MariaDB stopped", "DatabaseAway", may=DATABASE)
def database_stopped(drill):
    drill.kill("mariadb")
    yield
    drill.restart("mariadb")


@fault("MariaDB SIGSTOP", "DatabaseAway", may=DATABASE)
def database_paused(drill):
    with drill.paused("mariadb"):
        yield


@fault("300 ms to the database", "DatabaseSlow", may=("PoolSaturated", "QueueRejecting", "ServiceNotServing", "OutboxStuck", "FollowerStuck", *BURNS))
def database_slow(drill):
    with drill.behind_proxy("planning", "mariadb") as proxy:
        proxy.become("slow", 0.3)
        yield


@fault("disk full", "DatabaseFull", may=("OutboxStuck", "FollowerStuck", "EvidenceBlocked", "DenialsUnrecorded", "DatabaseAway", *BURNS),
       needs="unshare")
def disk_full(drill):
    with drill.full_disk():
        # Small changes still find room in pages that there are.
        drill.clerk_imports(drill.many_schools(5000))
        yield


@fault("database's clock 30 s ahead", "DatabaseClockSkew", may=BURNS, needs="faketime")
def clock(drill):
    # The library alone: the program of this name stays between us and the server.
    library = subprocess.run(["faketime", "-f", "+30s", "printenv", "LD_PRELOAD"], capture_output=True, text=True, check=True).stdout.strip()
    drill.restart("mariadb", prefix=["env", f"LD_PRELOAD={library}", "FAKETIME=+30s"])
    yield
    drill.restart("mariadb")


@fault("table lock", "PoolSaturated", may=("QueueRejecting", "ServiceNotServing", "FollowerStuck", "OutboxStuck", *BURNS))
def table_lock(drill):
    # With fewer connections than workers, or these are what is used up.
    with drill.with_environment("planning", EDUDELTA_DB_CONNECTIONS="3"), drill.holding("planning", "LOCK TABLES school WRITE"), drill.crowd(40):
        yield


@fault("flood", "QueueRejecting", may=("PoolSaturated", "ServiceNotServing", "FollowerStuck", "OutboxStuck", *BURNS))
def flood(drill):
    with drill.holding("planning", "LOCK TABLES school WRITE"), drill.crowd(400):
        yield


@fault("import beside a dead database", "DatabaseAway", "ImportFailing", may=DATABASE)
def dead_import(drill):
    drill.kill("mariadb")
    for _ in range(8):
        drill.clerk_imports("school,display_name\n3131999999,无\n")
        time.sleep(0.5)
    yield
    drill.restart("mariadb")


# Evidence, policy, feeds

@fault("lock on evidence_head", "EvidenceBlocked", may=("PartnerExchangeBurn", "ServiceAvailabilityBurn", "ServiceLatencyBurn", "EdgeAvailabilityBurn",
                                                        "EdgeLatencyBurn", "DenialsUnrecorded", "QueueRejecting", "ServiceNotServing"))
def evidence_lock(drill):
    with drill.holding("exchange", "SELECT * FROM evidence_head FOR UPDATE"), drill.partners(8):
        yield


@fault("denials beside the lock", "DenialsUnrecorded", "EvidenceBlocked", may=("PartnerExchangeBurn", "PartnerDenialsHigh", "QueueRejecting",
                                                                                "ServiceNotServing", *BURNS))
def denials(drill):
    with drill.holding("exchange", "SELECT * FROM evidence_head FOR UPDATE"), drill.denied(80):
        yield


@fault("exchange SIGSTOP", "PolicyStale", may=("ServiceNotServing", "EvidenceBlocked", "DenialsUnrecorded", *BURNS))
def exchange_paused(drill):
    with drill.paused("exchange"):
        yield


@fault("policy stream cut", "PolicyStale", may=("ServiceNotServing", "DenialsUnrecorded", *BURNS))
def policy_cut(drill):
    with drill.behind_proxy("gateway", "exchange") as proxy:
        proxy.become("silent")
        yield


@fault("lease of nobody", "OutboxStuck", may=("OutboxFreshnessBurn", "FollowerStuck", "FollowerFreshnessBurn"))
def lease(drill):
    drill.node.sql("UPDATE lease SET owner = 'nobody', epoch = epoch + 1, expire_time = UTC_TIMESTAMP(6) + INTERVAL 1 DAY "
                   "WHERE name = 'outbox_relay'", "edudelta_planning")
    yield
    drill.node.sql("UPDATE lease SET expire_time = UTC_TIMESTAMP(6) WHERE name = 'outbox_relay'", "edudelta_planning")


@fault("feed cut from teachers", "FollowerStuck", may=("FollowerFreshnessBurn",))
def feed_cut(drill):
    with drill.behind_proxy("teachers", "planning") as proxy:
        proxy.become("closed")
        yield


# Resources

@fault("few descriptors", "DescriptorsHigh")
def descriptors(drill):
    pid = drill.node.pid("gateway2")
    _, most = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    few = len(os.listdir(f"/proc/{pid}/fd")) + 2
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE, (few, most))
    yield
    resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


@fault("low memory limit", "MemoryHigh")
def memory(drill):
    used = int(max(value for _, value in drill.node.query('process_resident_memory_bytes{job="edudelta-safety"}')) / 2**20)
    drill.write_rules({"safety": f"{used + 1}Mi"})
    yield
    drill.write_rules()


def certificate(days):
    def inject(drill):
        drill.certificate(days)
        yield
        drill.certificate(90)
    return inject


fault("certificate of 10 days", "CertificateExpiring t")(certificate(10))
fault("certificate of 1 day", "CertificateExpiring")(certificate(1))


# Partners and people

@fault("200 wrong passwords", "LoginFailuresHigh")
def passwords(drill):
    for _ in range(200):
        drill.node.anybody().ask("POST", "/oauth2/token", b"grant_type=password&username=jiading/inspector&password=wrong",
                                 {"Content-Type": "application/x-www-form-urlencoded"})
    yield


@fault("500 calls without purpose", "PartnerDenialsHigh")
def no_purpose(drill):
    reader = drill.load.account("p1/reader", client=True).stating("")
    for _ in range(500):
        reader.get("/v1/districts/310114/schools", page_size=1)
    yield


@fault("a partner falls silent", "PartnerSilent")
def silent(drill):
    drill.load.readers.discard("p2")
    yield
    drill.load.readers.add("p2")


# The slow burns page too, and have nobody who says why.

@fault("one call in ten fails", "EdgeAvailabilityBurn", "ServiceAvailabilityBurn",
       may=("ServiceNotServing", "ServiceDown", "EdgeLatencyBurn", "ServiceLatencyBurn", "FollowerStuck"))
def some_fail(drill):
    with drill.flickering("facilities"):
        yield


@fault("exports beside a stopped service", "TransfersBurn", "ServiceNotServing", may=("ImportFailing", *BURNS))
def exports_fail(drill):
    with drill.paused("teachers"), drill.exporting("teachers"):
        yield


@fault("partner beside a lock", "PartnerExchangeBurn", may=("EvidenceBlocked", "DenialsUnrecorded", "QueueRejecting", "ServiceNotServing", *BURNS))
def partner_fails(drill):
    with drill.holding("exchange", "SELECT * FROM evidence_head FOR UPDATE"):
        yield


@fault("planning's database 300 ms away", "EdgeLatencyBurn", "ServiceLatencyBurn", may=DATABASE + ("DatabaseSlow",))
def slow_calls(drill):
    with drill.behind_proxy("planning", "mariadb") as proxy:
        proxy.become("slow", 0.3)
        yield


@fault("lease of nobody, for long", "OutboxFreshnessBurn", may=("OutboxStuck", "FollowerStuck", "FollowerFreshnessBurn"))
def lease_for_long(drill):
    yield from lease(drill)


@fault("feed cut from safety", "FollowerFreshnessBurn", may=("FollowerStuck",))
def feed_cut_for_long(drill):
    with drill.behind_proxy("safety", "planning") as proxy:
        proxy.become("closed")
        yield


# Nothing may fire: under these the rules are nearer to real time (tests/fault/alerts).

NOTHING = {}


def nothing(name):
    def declare(run):
        NOTHING[name] = run
        return run
    return declare


@nothing("load")
def only_load(drill):
    with drill.crowd(4):
        time.sleep(30)


@nothing("rolling restart")
def rolling(drill):
    for name in ("planning", "teachers", "facilities", "safety", "exchange", "gateway2"):
        drill.restart(name)
        time.sleep(2)


@nothing("import of 50,000 rows")
def large_import(drill):
    drill.clerk_imports(drill.many_schools(50000))


@nothing("3 s database restart")
def short_restart(drill):
    pid = drill.node.pid("mariadb")
    os.kill(pid, signal.SIGTERM)
    drill.restart("mariadb")


def is_there(program):
    return program is None or subprocess.run(["which", program], capture_output=True, check=False).returncode == 0
