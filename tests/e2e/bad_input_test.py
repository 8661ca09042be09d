"""Bad input through the real gateway over TLS: each gets a clear error and changes nothing; and nothing is lost when clients, the
database, a service or the gateway go away in the middle."""

import signal
import sys
import unittest

import bad_input_suite
from bad_input_faults import Clients, Database, Processes, Secrets
from bad_input_registers import Registers
from bad_input_requests import Http, Json, Lists, Repeats, Tokens
from bad_input_rows import Files, Values

SKIPPED = 77
# What ends processes comes last, and the logs are read when all is written.
ORDER = (Values, Files, Registers, Json, Repeats, Lists, Tokens, Http, Clients, Database, Processes, Secrets)


def load_tests(loader, standard, pattern):
    del standard, pattern
    return unittest.TestSuite(loader.loadTestsFromTestCase(case) for case in ORDER)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        suite, bad_input_suite.Case.clients = bad_input_suite.start()
    except bad_input_suite.bench.Missing as missing:
        print(missing, file=sys.stderr)
        sys.exit(SKIPPED)
    bad_input_suite.Case.suite = suite
    try:
        program = unittest.main(module=__name__, exit=False)
    finally:
        suite.close()
    sys.exit(not program.result.wasSuccessful())


if __name__ == "__main__":
    main()
