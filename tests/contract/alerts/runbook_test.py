"""Every command under 先看 of the runbook runs as it is written, against a suite and its Prometheus."""

import os
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(ROOT, "tests", "e2e"), os.path.join(ROOT, "tests", "fault")]

import runbook  # noqa: E402
from watched import WatchedNode  # noqa: E402


class RunbookTest(unittest.TestCase):
    def test_commands_run(self):
        node = WatchedNode.started()
        self.addCleanup(node.close)
        node.watch()
        logs = node.path("logs")
        os.makedirs(logs)
        for name in node.programs:
            os.symlink(node.path(name + ".log"), os.path.join(logs, name + ".out"))
        environment = {"PATH": os.environ["PATH"] + ":/usr/sbin:/sbin", "LANG": "C.UTF-8", "PROMETHEUS": node.prometheus,
                       "LOGS": logs, "SQL": " ".join(node._sql()), "SERVICE": "planning"}
        ran = set()
        for alert, (_, commands) in runbook.sections().items():
            for command in commands:
                if command in ran:
                    continue
                ran.add(command)
                done = subprocess.run(["bash", "-euo", "pipefail", "-c", command], env=environment, capture_output=True, text=True,
                                      timeout=60, check=False)
                self.assertEqual(done.returncode, 0, f"{alert}: {command}\n{done.stdout}{done.stderr}")
                self.assertFalse(done.stderr.strip(), f"{alert}: {command}")
        print(f"{len(ran)} commands of {len(runbook.sections())} sections")


if __name__ == "__main__":
    unittest.main(verbosity=2)
