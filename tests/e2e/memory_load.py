"""What a bureau's day is made of, all of it at a moderate rate and at a time: clerks, whole registers in and out, evaluations, a partner."""

import http.client
import itertools
import threading
import time
import urllib.parse

from bad_input_suite import Client, identity, login, teacher
from memory_inputs import SCHOOLS, TEACHERS, school_rows
from memory_suite import PLACE

# Rows that nothing else of the district is about.
OWN = 2131980000
ROWS = 2000
# What a machine with much to do may answer; time is no matter here.
BUSY = (409, 429, 503, 504)


class Worker(threading.Thread):
    """Does one thing again and again, with a pause after it."""

    def __init__(self, name, work, pause, stop):
        super().__init__(daemon=True)
        self.what, self._work, self._pause, self._over = name, work, pause, stop
        self.done, self.failures = 0, []

    def run(self):
        for turn in itertools.count():
            try:
                answer = self._work(turn)
                if answer.status not in (200, *BUSY):
                    self.failures.append(f"{self.what}: {answer!r}"[:300])
                self.done += answer.status == 200
            except (OSError, http.client.HTTPException, AssertionError, KeyError) as failure:
                self.failures.append(f"{self.what}: {failure!r}"[:300])
            if self._over.wait(self._pause):
                return


def listed(path, **query):
    return f"{path}?{urllib.parse.urlencode(query)}"


class Day:
    def __init__(self, suite):
        self._suite = suite

    def clerk(self, number):
        """Looks at one school, changes it, and lists some."""
        def work(turn):
            client, path = self._suite.clerk(number), f"{SCHOOLS}/{OWN + (turn * 7 + number) % ROWS}"
            answers = [client.ask("GET", path), client.ask("PATCH", path, {"address": f"虚构路{turn}号"}), client.ask("GET", path),
                       client.ask("GET", listed(SCHOOLS, filter=f'town_code = "999901{turn % 9 + 101}" AND kind = "211"', page_size=50)),
                       client.ask("GET", f"{path}:listRevisions")]
            return next((answer for answer in answers if answer.status != 200), answers[0])
        return work

    def teacher(self, turn):
        client, number = self._suite.clerk(3), turn % 500
        if turn < 500:
            row = teacher(number, identity_number=identity(number, "19850505"), school=f"{SCHOOLS[4:]}/{OWN}")
            return client.ask("POST", listed(TEACHERS, teacher_id=f"load{number}"), row)
        return client.ask("PATCH", f"{TEACHERS}/load{number}", {"established": turn % 1000 < 500})

    def whole(self, turn):
        answer = self._suite.clerk(4).load(SCHOOLS, school_rows(OWN, ROWS, "城址"[turn % 2]), mode=("partial", "atomic")[turn % 2])
        return answer

    def export(self, turn):
        paths = [f"{SCHOOLS}:export", f"{TEACHERS}:export?format=ndjson", f"{PLACE}/schools/-/buildings/-/rooms:export"]
        return self._suite.clerk(5).ask("GET", paths[turn % len(paths)], None, {"Accept-Encoding": ("gzip", "identity")[turn % 2]})

    def pages(self, turn):
        paths = [TEACHERS, f"{PLACE}/schools/-/buildings/-/rooms", SCHOOLS]
        return self._suite.clerk(5).ask("GET", listed(paths[turn % len(paths)], page_size=1000))

    def personal(self, turn):
        client = Client(self._suite, self._suite.token("county/personnel"), "STATISTICS")
        return client.ask("GET", listed(TEACHERS, page_size=200)) if turn % 2 else client.ask(
            "POST", f"{TEACHERS}:search", {"filter": f'identity_number = "{identity(turn % 999)}"'})

    def evaluation(self, turn):
        client = self._suite.clerk(turn)
        made = client.ask("POST", f"{PLACE}:evaluateBalance", {"school_year": 2025})
        return made if made.status != 200 else client.ask("GET", f"/v1/{made.json['name']}:recompute")

    def partner(self, turn):
        client = Client(self._suite, self._suite.token("far/reader"), "STATISTICS")
        return client.ask("GET", f"{SCHOOLS}/{OWN + turn % ROWS}") if turn % 5 else client.ask("GET", listed(SCHOOLS, page_size=200))

    def wrong(self, turn):
        """What is refused, as it is meant to be."""
        clerk = self._suite.clerk(turn)
        login(self._suite, f"county/nobody{turn}", "wrong")
        clerk.ask("GET", f"/v1/nowhere/{turn}")
        clerk.load(SCHOOLS, "school,display_name\n" + "x,\n" * 500)
        return clerk.ask("GET", f"{SCHOOLS}/{OWN}")

    def workers(self, stop):
        works = [(f"clerk {n}", self.clerk(n), 0.4) for n in range(3)]
        works += [("teachers", self.teacher, 1), ("import", self.whole, 15), ("export", self.export, 10), ("pages", self.pages, 3),
                  ("personal", self.personal, 5), ("evaluation", self.evaluation, 45), ("wrong", self.wrong, 5), ("partner", self.partner, 1)]
        return [Worker(name, work, pause, stop) for name, work, pause in works]


def run(suite, seconds, sample):
    """Calls sample() every five seconds meanwhile; {what: how often it went well} and what failed."""
    suite.clerk().load(SCHOOLS, school_rows(OWN, ROWS))
    stop = threading.Event()
    workers = Day(suite).workers(stop)
    for worker in workers:
        worker.start()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(5)
        sample()
    stop.set()
    for worker in workers:
        worker.join()
    return {worker.what: worker.done for worker in workers}, [failure for worker in workers for failure in worker.failures]
