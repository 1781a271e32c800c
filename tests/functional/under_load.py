"""Users who go on asking while a test breaks something: none of them may notice."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from tests.load.generator import PATIENT_S, LoadReport, run_load

RATE = 10


@contextmanager
def under_load(url: str, *versions: str) -> Iterator[LoadReport]:
    """Ask `url` all the while: no request may fail, and just `versions` answer.

    Yields a report that is filled when the load has ended.
    """
    stop = threading.Event()
    report = LoadReport(url, RATE, "")
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(run_load, url, RATE, stop_event=stop, late_s=PATIENT_S)
        try:
            yield report
        finally:
            stop.set()
    report.__dict__.update(asking.result().__dict__)
    assert_served(report, *versions)


def assert_served(report: LoadReport, *versions: str) -> None:
    """Assert that every request was answered, by just these versions."""
    assert report.sent > 0
    assert report.failed == 0, report.as_dict()
    assert set(report.versions) == set(versions)
