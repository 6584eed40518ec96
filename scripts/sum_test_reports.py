# SPDX-License-Identifier: GPL-3.0-or-later
"""Adds up JUnit reports and prints one closing line; fails if a test failed or none ran."""

import sys
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path


def count(report: Path) -> Counter[str]:
    """Return how many tests of one report passed, failed and were skipped."""
    total: Counter[str] = Counter()
    for suite in ET.parse(report).iter("testsuite"):  # noqa: S314  # pytest has just written it
        failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped = int(suite.get("skipped", 0))
        passed = max(int(suite.get("tests", 0)) - failed - skipped, 0)
        total.update(passed=passed, failed=failed, skipped=skipped)
    return total


def main(reports: list[str]) -> int:
    """Print 'N passed, N failed, N skipped' over all reports; return the exit code."""
    total = sum((count(Path(report)) for report in reports), Counter())
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return 0 if total["passed"] and not total["failed"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
