"""What each process holds of memory: at rest, after each of the worst inputs, and while and after everybody works.

EDUDELTA_MEMORY_MINUTES says how long everybody works; 1 when nothing is said. Bounds are of memory, never of time.
"""

import os
import statistics
import sys
import time
import unittest

import memory_inputs
import memory_load
from memory_suite import started

# MiB that a process may keep above what it had at rest, once nobody asks for anything any more.
ABOVE_REST = 32
# MiB by which the second half of the work may stand above the first, or as much as the first moved itself.
GROWTH = 8
# Seconds after which a process that has not given back what it freed is taken to keep it.
PATIENCE = 60.0
MINUTES = float(os.environ.get("EDUDELTA_MEMORY_MINUTES", "1"))


def show(what, memory):
    print(f"{what:<23}" + "  ".join(f"{name} {mib:.0f}" for name, mib in memory.items()), flush=True)


class MemoryTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.suite = started()
        cls.addClassCleanup(cls.suite.close)
        # Afterwards every process has done everything once.
        memory_load.run(cls.suite, 20, lambda: None)
        cls.rest = cls.quiet(None)
        cls.worst = dict(cls.rest)
        show("at rest", cls.rest)

    @classmethod
    def quiet(cls, bounds):
        """What each process holds when it is within its bound, or when waiting does not help; without bounds, after a moment."""
        until = time.monotonic() + (PATIENCE if bounds else 15)
        while True:
            memory = cls.suite.memory()
            if time.monotonic() > until or bounds and all(memory[name] <= bounds[name] for name in memory):
                return memory
            time.sleep(1)

    def sample(self):
        memory = self.suite.memory()
        for name, mib in memory.items():
            self.worst[name] = max(mib, self.worst[name])
        return memory

    def comes_back(self, after):
        bounds = {name: mib + ABOVE_REST for name, mib in self.rest.items()}
        memory = self.quiet(bounds)
        show(f"after {after}", memory)
        for name, mib in memory.items():
            self.assertLessEqual(mib, bounds[name], f"MiB that {name} keeps after {after}")
        self.assertEqual(self.suite.ended(), [])
        return memory

    def test_inputs_then_work(self):
        for put_in in memory_inputs.ALL:
            memory_inputs.watched(lambda: put_in(self.suite), self.sample)
            after = self.comes_back(put_in.__name__)
        samples = []
        done, failures = memory_load.run(self.suite, 60 * MINUTES, lambda: samples.append(self.sample()))
        self.assertEqual(failures[:5], [])
        # An evaluation of so many schools may last longer than a minute on a busy machine.
        self.assertTrue(all(times for what, times in done.items() if what != "evaluation" or MINUTES > 10), done)
        for name in self.suite.processes:
            self.does_not_grow(name, [sample[name] for sample in samples])
        end = self.comes_back("the work")
        figures = "; ".join(f"{name} {self.rest[name]:.0f} {self.worst[name]:.0f} {after[name]:.0f} {end[name]:.0f}" for name in self.rest)
        print(f"{len(memory_inputs.ALL)} runs, {MINUTES:g} minutes of {sum(done.values())} works; MiB at rest, at the worst, after the inputs, at the end: {figures}")

    def does_not_grow(self, name, samples):
        half = len(samples) // 2
        first, second = sorted(samples[:half]), sorted(samples[half:])
        moved = first[int(0.9 * half)] - first[int(0.1 * half)]
        self.assertLessEqual(statistics.median(second) - statistics.median(first), max(GROWTH, moved), f"MiB by which {name} grew while everybody worked")


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    unittest.main(verbosity=2, warnings="ignore")
