"""A load on production while deployments come and go."""

import threading

from tests.load.generator import PATIENT_S, LoadReport, run_load

RATE = 40.0


class Load:
    """Requests to production in a thread, until it is told to stop."""

    def __init__(self, url: str) -> None:
        self._over = threading.Event()
        self._found: list[LoadReport] = []
        self._thread = threading.Thread(target=self._run, args=(url,))
        self._thread.start()

    def _run(self, url: str) -> None:
        self._found.append(run_load(url, RATE, stop_event=self._over, late_s=PATIENT_S))

    def stop(self) -> LoadReport:
        self._over.set()
        self._thread.join()
        return self._found[0]


def assert_unnoticed(report: LoadReport, *versions: str) -> None:
    assert report.failures == {}, report.examples
    assert set(report.versions) == set(versions)
