"""The measurements over gRPC. Each takes a Suite and Settings and yields rows of the table."""

import csv
import os
import re
import statistics
import subprocess
import time
from typing import NamedTuple

from suite import client, cpu_seconds, generate_district, memory_mib, program, services, tool

GET_SCHOOL = "edudelta.planning.v1.PlanningService/GetSchool"
EVENTS = "edudelta.feed.v1.FeedService/ListEvents"
SCHOOLS = 50000
DEEP = 500000
IMPORTS = {"schools": "planning.v1.PlanningService/ImportSchools",
           "gradeEnrollments": "planning.v1.PlanningService/ImportGradeEnrollments",
           "teachers": "teachers.v1.TeachersService/ImportTeachers",
           "staffingQuotas": "teachers.v1.TeachersService/ImportStaffingQuotas",
           "buildings": "facilities.v1.FacilitiesService/ImportBuildings",
           "rooms": "facilities.v1.FacilitiesService/ImportRooms",
           "sportsGrounds": "facilities.v1.FacilitiesService/ImportSportsGrounds",
           "equipmentHoldings": "facilities.v1.FacilitiesService/ImportEquipmentHoldings"}


class Settings(NamedTuple):
    pairs: int = 7
    seconds: float = 4


class Row(NamedTuple):
    item: str
    ours: str
    reference: str
    target: str
    result: str


median = statistics.median


def ratio_of(ours, reference):
    """The median of the ratios of the pairs, and their range."""
    ratios = sorted(a / b for a, b in zip(ours, reference))
    return f"{median(ratios):.2f}x ({ratios[0]:.2f}-{ratios[-1]:.2f}, {len(ratios)} pairs)"


def alternate(pairs, first, second):
    """Runs two measurements by turns, the one that begins changing; the results of each."""
    results = ([], [])
    for pair in range(pairs):
        for side in ((0, 1), (1, 0))[pair % 2]:
            results[side].append((first, second)[side]())
    return results


def load(suite, name, method, settings, **more):
    """A closed or open loop against a process, with that process's CPU time per call in `cpu_us`."""
    before = cpu_seconds(suite.pid(name))
    result = client("load", address=suite.address(name), method=method, seconds=settings.seconds, **more)
    result["cpu_us"] = (cpu_seconds(suite.pid(name)) - before) * 1e6 / result["calls"]
    if result["errors"]:
        raise RuntimeError(f"{result['errors']} calls of {method} failed: " + suite.log_end(name))
    return result


# Data


def school_file(suite):
    path = suite.path("schools.csv")
    if not os.path.exists(path):
        with open(path, "w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["school", "display_name", "kind", "holder", "urban_rural", "town_code", "address", "longitude",
                           "latitude", "built_year", "dense_centre", "generated"])
            for i in range(SCHOOLS):
                rows.writerow([f"21{90000000 + i}", f"基准第{i:05d}小学", "211", "831", "111", "999915101",
                               f"虚构县虚构镇生成路{i % 900}号（生成地址）", f"110.{i % 90000:06d}", f"30.{i % 90000:06d}",
                               1950 + i % 70, "false", "true"])
    return path


def import_schools(suite):
    result = client("import", address=suite.address("planning"), method="edudelta." + IMPORTS["schools"],
                    file=school_file(suite), parent="districts/999915")
    if result["created"] != SCHOOLS:
        raise RuntimeError(f"import: {result}")
    return result


def with_schools(suite):
    suite.start("planning")
    if int(suite.sql("SELECT COUNT(*) FROM school WHERE district_id = '999915'", "edudelta_planning")[0][0]) != SCHOOLS:
        suite.sql("DELETE FROM school WHERE district_id = '999915'", "edudelta_planning")
        import_schools(suite)
    published(suite)
    path = suite.path("names")
    if not os.path.exists(path):
        with open(path, "w", encoding="ascii") as file:
            file.writelines(f"districts/999915/schools/21{90000000 + i}\n" for i in range(SCHOOLS))
    return path


def published(suite, service="planning"):
    """Waits until the relay has stamped every event."""
    while suite.sql("SELECT 1 FROM outbox WHERE position = 0 LIMIT 1", f"edudelta_{service}"):
        time.sleep(0.2)


# Measurements


def point_read(suite, settings):
    names = with_schools(suite)
    suite.sql("CREATE DATABASE IF NOT EXISTS sbtest")
    sysbench = [tool("sysbench"), "oltp_point_select", f"--mysql-socket={suite.socket('mariadb')}", "--mysql-user=root",
                "--mysql-db=sbtest", "--tables=1", f"--table-size={SCHOOLS}", "--threads=8", f"--time={settings.seconds:g}"]
    if not suite.sql("SHOW TABLES LIKE 'sbtest1'", "sbtest"):
        subprocess.run([*sysbench, "prepare"], check=True, stdout=subprocess.DEVNULL)

    def reference():
        text = subprocess.run([*sysbench, "run"], check=True, capture_output=True, text=True).stdout
        return float(re.search(r"queries:\s+\d+\s+\(([\d.]+) per sec", text)[1])

    def ours():
        return load(suite, "planning", GET_SCHOOL, settings, names=names, outstanding=64)

    ours()
    reads, selects = alternate(settings.pairs, ours, reference)
    rates = [read["per_second"] for read in reads]
    yield Row("Point read GetSchool (gRPC, 64 concurrent)", f"{median(rates):,.0f}/s",
              f"sysbench oltp_point_select {median(selects):,.0f}/s",
              "≥ 0.3x, later 0.5x", ratio_of(rates, selects))
    yield Row("CPU of a point read", f"planning {median(r['cpu_us'] for r in reads):.0f} µs/read", "", "reported",
              f"p50 {median(r['p50_us'] for r in reads) / 1000:.1f} ms, p99 {median(r['p99_us'] for r in reads) / 1000:.1f} ms")

    # Statements: the prepared one runs once per read; BEGIN, COMMIT and the like would show as further questions.
    time.sleep(1)
    counters = ("Com_stmt_execute", "Questions")
    start, idle = time.monotonic(), suite.status(*counters)
    time.sleep(settings.seconds)
    background = {k: (v - idle[k] - (k == "Questions")) / (time.monotonic() - start) for k, v in suite.status(*counters).items()}
    start, before = time.monotonic(), suite.status(*counters)
    reads = load(suite, "planning", GET_SCHOOL, settings, names=names, outstanding=16)["calls"]
    after, took = suite.status(*counters), time.monotonic() - start
    executed, questions = ((after[k] - before[k] - background[k] * took - (k == "Questions")) / reads for k in counters)
    yield Row("SQL statements per point read", f"{reads:,} reads", "", "exactly 1",
              f"Com_stmt_execute {executed:.4f}, Questions {questions:.4f} "
              f"(less {background['Questions']:.1f} statements/s of the idle background)")

    rate = median(rates) / 2
    opened = load(suite, "planning", GET_SCHOOL, settings, names=names, rate=rate)
    yield Row("Point reads, open loop, half of the peak", f"{rate:,.0f}/s", "", "reported",
              f"since each was due: p50 {opened['p50_us'] / 1000:.2f} ms, p99 {opened['p99_us'] / 1000:.1f} ms, "
              f"max {opened['max_us'] / 1000:.0f} ms")


def middleware(suite, settings):
    for mode in ("bare", "pool", "frame"):
        suite.spawn(mode, [program("bench_server"), suite.socket(mode), mode])
    try:
        for mode in ("bare", "pool", "frame"):
            client("ready", path=suite.socket(mode))
        cost = {mode: [] for mode in ("bare", "pool", "frame")}
        for mode in cost:
            load(suite, mode, EVENTS, settings._replace(seconds=1), outstanding=64)
        for pair in range(settings.pairs):
            for mode in list(cost)[:: 1 if pair % 2 else -1]:
                cost[mode].append(load(suite, mode, EVENTS, settings, outstanding=64)["cpu_us"])
        frame = f"{median(cost['frame']):.1f} µs CPU/call"
        yield Row("All middleware (identity, deadline, worker pool, metrics, log)", frame,
                  f"bare callback service {median(cost['bare']):.1f} µs", "≤ 1.15x",
                  ratio_of(cost["frame"], cost["bare"]))
        yield Row("The same, reference on worker threads too", frame,
                  f"bare callback + worker pool {median(cost['pool']):.1f} µs", "reported",
                  ratio_of(cost["frame"], cost["pool"]))
    finally:
        suite.stop("bare", "pool", "frame")


def bulk_import(suite, settings):
    suite.start("planning")
    tables = ("school", "school_history", "outbox")

    def empty(schema):
        suite.sql(";".join(f"TRUNCATE {table}" for table in tables), schema)

    empty("edudelta_planning")
    import_schools(suite)
    published(suite)
    suite.sql("CREATE DATABASE IF NOT EXISTS bulk")
    for table in tables:
        suite.sql(f"CREATE TABLE IF NOT EXISTS {table} LIKE edudelta_planning.{table}", "bulk")
        if table != "school_history" and not os.path.exists(suite.path(table + ".tsv")):
            suite.sql(f"SELECT * INTO OUTFILE '{suite.path(table + '.tsv')}' CHARACTER SET binary FROM {table}", "edudelta_planning")

    def ours():
        empty("edudelta_planning")
        before = cpu_seconds(suite.pid("planning"))
        result = import_schools(suite)
        result["cpu_us"] = (cpu_seconds(suite.pid("planning")) - before) * 1e6 / SCHOOLS
        published(suite)
        return result

    def reference():
        empty("bulk")
        start = time.monotonic()
        suite.sql("START TRANSACTION; "
                  f"LOAD DATA LOCAL INFILE '{suite.path('school.tsv')}' INTO TABLE school CHARACTER SET utf8mb4; "
                  f"LOAD DATA LOCAL INFILE '{suite.path('outbox.tsv')}' INTO TABLE outbox CHARACTER SET binary; COMMIT", "bulk")
        return time.monotonic() - start

    reference()
    imports, loads = alternate(settings.pairs, ours, reference)
    if int(suite.sql("SELECT COUNT(*) FROM outbox", "bulk")[0][0]) != SCHOOLS:
        raise RuntimeError("LOAD DATA has not loaded every event")
    rates = [SCHOOLS / one["seconds"] for one in imports]
    references = [SCHOOLS / seconds for seconds in loads]
    yield Row(f"Import of {SCHOOLS:,} schools (validation, events)", f"{median(rates):,.0f} rows/s",
              f"LOAD DATA of the same rows and events {median(references):,.0f} rows/s",
              "≥ 0.5x", ratio_of(rates, references))
    yield Row("CPU of the import", f"planning {median(o['cpu_us'] for o in imports):.0f} µs/row", "", "reported",
              "includes the relay numbering the events")


def deep_page(suite, settings):
    suite.start("planning")
    if not suite.sql("SELECT 1 FROM grade_enrollment WHERE district_id = '999903' LIMIT 1", "edudelta_planning"):
        suite.sql(f"""INSERT INTO grade_enrollment SELECT NULL, 1, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), '999903',
            CONCAT('21', 90000000 + seq DIV 12), CONCAT(2014 + seq DIV 6 % 2, '-2-', 1 + seq % 6), 2014 + seq DIV 6 % 2, '2',
            1 + seq % 6, 4, 160, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0 FROM seq_0_to_{DEEP + 10000}; ANALYZE TABLE grade_enrollment""",
                  "edudelta_planning")
    pages = client("pages", address=suite.address("planning"), depth=DEEP, pairs=max(settings.pairs, 7) * 20,
                   method="edudelta.planning.v1.PlanningService/ListGradeEnrollments", parent="districts/999903/schools/-")
    first, deep = pages["first_us"], pages["deep_us"]
    yield Row(f"A page of 50 rows at row {DEEP:,}", f"{median(deep) / 1000:.2f} ms",
              f"first page {median(first) / 1000:.2f} ms", "≤ 1.2x",
              f"{median(deep) / median(first):.2f}x ({len(deep)} pairs); walked there in {pages['walk_seconds']:.1f} s, "
              f"{DEEP / pages['walk_seconds']:,.0f} rows/s")


def balance(suite, settings):
    suite.start("planning", "teachers", "facilities")
    manifest = generate_district(suite)
    rows, seconds = {}, {}
    for step in manifest["steps"]:
        flags = {"address": suite.address(step["service"]), "method": "edudelta." + IMPORTS[step["resource"]],
                 "file": os.path.join(suite.path("district"), step["file"]), "parent": step["target"].rsplit("/", 1)[0]}
        result = client("import", **flags)
        if result["errors"]:
            raise RuntimeError(f"{step['resource']}: {result}")
        rows[step["resource"]], seconds[step["resource"]] = result["rows"], result["seconds"]
    total = sum(rows.values())
    yield Row("Loading a fictional district (900 schools)", f"{total:,} rows", "", "reported",
              f"{sum(seconds.values()):.0f} s, {total / sum(seconds.values()):,.0f} rows/s; "
              f"teachers {rows['teachers'] / seconds['teachers']:,.0f}, "
              f"rooms {rows['rooms'] / seconds['rooms']:,.0f} rows/s")
    for service in ("planning", "teachers", "facilities"):
        published(suite, service)
    time.sleep(6)
    flags = {"address": suite.address("planning"), "district": "999901"}
    before = {name: cpu_seconds(suite.pid(name)) for name in ("planning", "teachers", "facilities", "mariadb")}
    report = client("balance", times=settings.pairs, **flags)
    cpu = {name: (cpu_seconds(suite.pid(name)) - used) * 1000 / settings.pairs for name, used in before.items()}
    times = sorted(report["seconds"])
    yield Row("优质均衡 evaluation, 900 schools", f"{rows['teachers']:,} staff, {rows['rooms']:,} rooms", "",
              "< 2 s, later < 1 s",
              f"{median(times):.2f} s ({times[0]:.2f}-{times[-1]:.2f}, {len(times)} runs); CPU "
              + ", ".join(f"{name} {used:.0f} ms" for name, used in cpu.items()))
    changed = client("change", facilities=suite.address("facilities"), count=500, **flags)["changed"]
    time.sleep(6)
    again = client("recompute", address=suite.address("planning"), report=report["report"])
    later = client("balance", times=1, **flags)
    yield Row("Recomputation after changes", f"{changed:,} changes", "", "the same",
              ("the same" if again["equal"] else "different") + f", {again['seconds']:.2f} s; a new evaluation now "
              + ("differs from it" if later["coefficients"] != report["coefficients"] else "equals it"))


def idle(suite, settings):
    names = with_schools(suite)
    calls = client("idle", address=suite.address("planning"), method=GET_SCHOOL, names=names, count=40, gap_ms=1100)
    yield Row("Point read after idling, one every 1.1 s, 40 reads", f"p50 {calls['p50_us'] / 1000:.2f} ms", "", "none above 20 ms",
              f"max {calls['max_us'] / 1000:.1f} ms, {calls['above_20_ms']} above 20 ms")
    suite.stop(*[name for name in (*services(), "gateway") if suite.runs(name)])
    built = suite.built(services())
    suite.start(*built)
    suite.stop(*built)
    starts = {name: [] for name in built}
    for _ in range(settings.pairs):
        for name, took in suite.start(*built).items():
            starts[name].append(took)
        suite.stop(*built)
    suite.start(*built)
    if suite.built(("gateway",)):
        suite.start("gateway")
    time.sleep(5)
    yield Row("Cold start to SERVING (files in the page cache)", "", "", "≤ 300 ms", ", ".join(
        f"{name} {median(took) * 1000:.0f} ms (max {max(took) * 1000:.0f})" for name, took in starts.items()))
    sizes = {name: memory_mib(suite.pid(name)) for name in built + suite.built(("gateway",))}
    yield Row("Idle memory, each service", "", "", "≤ 25 MiB", ", ".join(
        f"{name} PSS {pss:.1f} (RSS {rss:.1f})" for name, (rss, pss) in sizes.items()) + " MiB")
