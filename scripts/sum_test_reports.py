# SPDX-License-Identifier: GPL-3.0-or-later
"""Adds up JUnit reports and prints what happened; fails if a test failed or none ran.

A second try hides what fails now and then, so each is named, and more than a few fail the run.
"""

import sys
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

MOST_SECOND_TRIES = 2


def suites(report: Path) -> list[ET.Element]:
    """Return the suites of one report."""
    return list(ET.parse(report).iter("testsuite"))  # noqa: S314  # pytest has just written it


def count(suite: ET.Element) -> Counter[str]:
    """Return how many tests of one suite passed, failed and were skipped."""
    failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
    skipped = int(suite.get("skipped", 0))
    passed = max(int(suite.get("tests", 0)) - failed - skipped, 0)
    return Counter(passed=passed, failed=failed, skipped=skipped)


def second_tries(suite: ET.Element) -> list[str]:
    """Return the tests that ran again: pytest-rerunfailures writes a case for each try."""
    tries = Counter(
        f"{case.get('classname')}::{case.get('name')}" for case in suite.iter("testcase")
    )
    return [name for name, times in tries.items() for _ in range(times - 1)]


def main(reports: list[str]) -> int:
    """Print second tries and 'N passed, N failed, N skipped' of all; return the exit code."""
    found = [suite for report in reports for suite in suites(Path(report))]
    total = sum(map(count, found), Counter())
    again = [name for suite in found for name in second_tries(suite)]
    for name in again:
        print(f"second try: {name}")
    too_many = len(again) > MOST_SECOND_TRIES
    if too_many:
        print(f"{len(again)} second tries, at most {MOST_SECOND_TRIES} may be: find out why")
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return 0 if total["passed"] and not total["failed"] and not too_many else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
