"""What a clerk waits while others move whole registers, and while another service hangs."""

import json
import os
import signal
import threading

from measure import GET_SCHOOL, IMPORTS, Row, with_schools
from suite import client

RATE = 200
IMPORTERS, EXPORTERS, WRITERS = 4, 20, 16
ROWS = 10000


def reads(suite, name, method, names, settings):
    """Reads at a fixed rate; each counts from when it was due."""
    return client("load", address=suite.address(name), method=method, names=names, rate=RATE, seconds=4 * settings.seconds)


def repeated(stop, work):
    """A thread that does it again and again; what it raised first."""
    failures = []

    def run():
        while not stop.is_set():
            try:
                work()
            except RuntimeError as error:
                failures.append(error)
                return

    thread = threading.Thread(target=run)
    thread.start()
    return thread, failures


def beside(works, measure):
    stop = threading.Event()
    running = [repeated(stop, work) for work in works]
    try:
        result = measure()
    finally:
        stop.set()
        for thread, _ in running:
            thread.join()
    for _, failures in running:
        if failures:
            raise failures[0]
    return result


def school_files(suite, number):
    """Two files of the same schools, which differ in every row."""
    paths = []
    for year in ("1990", "1991"):
        paths.append(suite.path(f"crowd-{number}-{year}.csv"))
        with open(paths[-1], "w", encoding="utf-8") as file:
            file.write("school,display_name,kind,holder,urban_rural,town_code,built_year,dense_centre,generated\n")
            for i in range(ROWS):
                file.write(f"21{90000000 + number * 100000 + i},基准第{i:05d}小学,211,831,111,999915101,{year},false,true\n")
    return paths


def importing(suite, number):
    paths = school_files(suite, number)

    def work():
        for path in paths:
            result = client("import", address=suite.address("planning"), method="edudelta." + IMPORTS["schools"], file=path,
                            parent="districts/999915")
            if result["errors"]:
                raise RuntimeError(f"import: {result}")
    return work


def exporting(suite):
    def work():
        client("export", address=suite.address("planning"), method="edudelta.planning.v1.PlanningService/ExportSchools",
               parent="districts/999915")
    return work


def row(item, alone, crowded, result):
    return Row(item, f"p99 {crowded['p99_us'] / 1000:.1f} ms", f"alone p99 {alone['p99_us'] / 1000:.1f} ms", "≤ 3x",
               f"{crowded['p99_us'] / alone['p99_us']:.1f}x; {result}")


def crowd(suite, settings):
    names = with_schools(suite)
    alone = reads(suite, "planning", GET_SCHOOL, names, settings)
    works = [importing(suite, number) for number in range(1, IMPORTERS + 1)] + [exporting(suite)] * EXPORTERS
    crowded = beside(works, lambda: reads(suite, "planning", GET_SCHOOL, names, settings))
    suite.sql("DELETE FROM school WHERE district_id = '999915' AND school_id >= '2190100000'", "edudelta_planning")
    yield row(f"Point reads beside {IMPORTERS} imports and {EXPORTERS} exports ({RATE}/s, since each was due)", alone, crowded,
              f"p50 {crowded['p50_us'] / 1000:.1f} ms, {crowded['errors']} errors")

    # Nobody's, but asked for like any: the answer is one statement, too.
    suite.start("teachers")
    missing, unknown = suite.path("missing"), suite.path("unknown")
    with open(missing, "w", encoding="ascii") as file:
        file.write("districts/999915/teachers/none\n")
    with open(unknown, "w", encoding="utf-8") as file:
        quota = {"schoolYear": 2025, "postCount": 10}
        file.write(json.dumps({"parent": "districts/999915/schools/2100000000", "staffingQuotaId": "2025", "staffingQuota": quota}) + "\n")
    method = "edudelta.teachers.v1.TeachersService/"
    alone = reads(suite, "teachers", method + "GetTeacher", missing, settings)

    def writing():
        client("load", address=suite.address("teachers"), method=method + "CreateStaffingQuota", json=unknown, outstanding=WRITERS, seconds=2)

    os.kill(suite.pid("planning"), signal.SIGSTOP)
    try:
        crowded = beside([writing], lambda: reads(suite, "teachers", method + "GetTeacher", missing, settings))
    finally:
        os.kill(suite.pid("planning"), signal.SIGCONT)
    yield row(f"The same of teachers while planning is stopped and {WRITERS} writers name a school that is not known", alone, crowded,
              f"p50 {crowded['p50_us'] / 1000:.1f} ms")
