# SPDX-License-Identifier: GPL-3.0-or-later
import subprocess
import sys

import pytest

from .conftest import CHECKOUT

REPORT = '<testsuites><testsuite tests="3" failures="{}" errors="0" skipped="1"/></testsuites>'


def run(*command: object, **environment: str) -> subprocess.CompletedProcess[str]:
    path = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    words = [str(word) for word in command]
    return subprocess.run(
        words, cwd=CHECKOUT, env=path | environment, capture_output=True, check=False, text=True
    )


def test_setup_without_a_usable_python_says_what_to_run():
    done = run("scripts/setup", "python", PYTHON="no-such-python")

    assert done.returncode == 1
    assert "'no-such-python' is not a Python 3.11 or later" in done.stderr
    assert "apt-get install --yes python3 python3-venv && make setup" in done.stderr


def test_setup_refuses_an_unknown_part_and_lists_the_known_ones():
    done = run("scripts/setup", "windows")

    assert done.returncode == 2
    assert "'windows' is not a part; allowed: debian, python" in done.stderr


def test_make_without_a_target_lists_the_targets():
    done = run("make")

    assert done.returncode == 0
    for target in ("setup", "demo", "test", "nightly", "coverage", "lint", "lock", "dist", "clean"):
        assert f"make {target} " in done.stdout


def test_a_failed_step_does_not_stop_the_next_and_is_reported():
    script = ". scripts/steps.bash; step first false; step second echo went on; results"

    done = run("bash", "-c", script)

    assert done.returncode == 1
    assert "went on" in done.stdout
    assert "FAILED (exit 1)" in done.stdout


def test_a_step_that_failed_beside_the_others_is_reported(tmp_path):
    script = f"""
      . scripts/steps.bash
      others() {{ step third false; step fourth echo went on too; }}
      beside {tmp_path}/others others
      step first echo went on
      join {tmp_path}/others
      results"""

    done = run("bash", "-c", script)

    assert done.returncode == 1
    assert "went on too" in done.stdout
    report = done.stdout.partition("results")[2].split("\n")
    assert [line.split()[0] for line in report if line] == ["first", "third", "fourth"]


def test_two_lanes_share_the_steps_and_each_runs_once(tmp_path):
    script = f"""
      . scripts/steps.bash
      for n in 1 2 3 4 5 6; do
        eval "f$n() {{ step number-$n sleep 0.0$n; }}"
        echo f$n >>{tmp_path}/queue
      done
      fails() {{ step fails false; }}
      echo fails >>{tmp_path}/queue
      beside {tmp_path}/others lane {tmp_path}/queue
      lane {tmp_path}/queue
      join {tmp_path}/others
      results"""

    done = run("bash", "-euc", script)

    assert done.returncode == 1
    report = done.stdout.partition("results")[2].split("\n")
    names = sorted(line.split()[0] for line in report if line)
    assert names == ["fails", *(f"number-{n}" for n in range(1, 7))]


def test_a_lane_that_found_no_step_left_is_no_failure(tmp_path):
    (tmp_path / "queue").touch()
    script = f"""
      . scripts/steps.bash
      beside {tmp_path}/others lane {tmp_path}/queue
      step first true
      join {tmp_path}/others
      results"""

    done = run("bash", "-euc", script)

    assert done.returncode == 0, done.stderr
    assert "first" in done.stdout


@pytest.mark.parametrize(
    ("failures", "line", "code"),
    [(0, "2 passed, 0 failed, 1 skipped", 0), (1, "1 passed, 1 failed, 1 skipped", 1)],
)
def test_the_closing_line_adds_up_the_reports(tmp_path, failures, line, code):
    report = tmp_path / "report.xml"
    report.write_text(REPORT.format(failures))

    done = run(sys.executable, "scripts/sum_test_reports.py", report)

    assert done.stdout.strip() == line
    assert done.returncode == code


@pytest.mark.parametrize(("again", "code"), [(0, 0), (1, 0), (2, 0), (3, 1)])
def test_each_second_try_is_named_and_more_than_two_fail_the_run(tmp_path, again, code):
    reports = [tmp_path / "fleet.xml", tmp_path / "newest-fleet.xml"]
    cases = [f'<testcase classname="tests.hosts" name="test_{n}"/>' for n in range(4)]
    suite = '<testsuite tests="4" failures="0" errors="0" skipped="0">{}</testsuite>'
    reports[0].write_text(suite.format("".join([*cases, *cases[:again]])))
    reports[1].write_text(suite.format("".join(cases)))

    done = run(sys.executable, "scripts/sum_test_reports.py", *reports)

    *named, last = done.stdout.splitlines()
    assert named[:again] == [f"second try: tests.hosts::test_{n}" for n in range(again)]
    assert last == "8 passed, 0 failed, 0 skipped"
    assert done.returncode == code
    assert (len(named) > again) is (code != 0)


def test_no_test_at_all_is_a_failure():
    done = run(sys.executable, "scripts/sum_test_reports.py")

    assert done.returncode == 1
