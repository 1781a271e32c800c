"""The unit test of the build: if it fails, the pipeline stops before there is an image."""

import http.client
import threading
import unittest
from contextlib import redirect_stdout
from io import StringIO
from unittest import mock

import server


class HelloTest(unittest.TestCase):
    def test_greets_by_name(self) -> None:
        self.assertEqual(server.hello("/hello/ana"), (200, f"{server.GREETING} ana\n"))

    def test_names_may_be_in_any_script(self) -> None:
        status, text = server.hello("/hello/%EC%95%84%EB%82%98")
        self.assertEqual((status, text), (200, f"{server.GREETING} 아나\n"))

    def test_greeting_is_one_line(self) -> None:
        self.assertEqual(server.GREETING.strip(), server.GREETING)
        self.assertEqual(len(server.GREETING.splitlines()), 1)

    def test_ping_says_ok(self) -> None:
        self.assertEqual(server.hello("/ping"), (200, "ok\n"))

    def test_other_paths_are_not_found(self) -> None:
        for path in ("/", "/hello", "/hello/"):
            self.assertEqual(server.hello(path)[0], 404, path)


class FormatTest(unittest.TestCase):
    def test_format_says_where_greeting_and_name_go(self) -> None:
        with mock.patch.object(server, "FORMAT", "{name}: {greeting}!"):
            self.assertEqual(server.answer("/hello/ana"), (200, f"ana: {server.GREETING}!\n"))

    def test_mistake_in_the_format_is_an_error_of_greetings_alone(self) -> None:
        with mock.patch.object(server, "FORMAT", "{greting} {name}"), redirect_stdout(StringIO()):
            self.assertEqual(server.answer("/hello/ana")[0], 500)
            self.assertEqual(server.answer("/ping"), (200, "ok\n"))


class ServerTest(unittest.TestCase):
    def setUp(self) -> None:
        self.server = server.Server("127.0.0.1", 0)
        poll_s = 0.02  # how soon `shutdown` is noticed
        self.thread = threading.Thread(target=self.server.serve_forever, args=(poll_s,))
        self.thread.start()
        self.addCleanup(self.stop)

    def stop(self) -> None:
        self.server.shutdown()
        self.server.close_kept_connections()
        self.server.server_close()
        self.thread.join()

    def test_says_which_version_and_task_answered(self) -> None:
        client = http.client.HTTPConnection("127.0.0.1", self.server.server_port)
        self.addCleanup(client.close)
        client.request("GET", "/ping")
        answer = client.getresponse()
        self.assertEqual(answer.read(), b"ok\n")
        self.assertEqual(answer.headers["X-Hello-Version"], server.VERSION)
        self.assertEqual(answer.headers["X-Hello-Task"], self.server.task_id)

    def test_health_check_is_logged_when_it_fails(self) -> None:
        said = StringIO()
        with redirect_stdout(said):
            for status in (200, 500):
                with mock.patch.object(server, "hello", return_value=(status, "")):
                    client = http.client.HTTPConnection("127.0.0.1", self.server.server_port)
                    self.addCleanup(client.close)
                    client.request("GET", "/ping")
                    client.getresponse().read()
        self.assertEqual(said.getvalue().count("GET /ping"), 1)
        self.assertIn("500", said.getvalue())


if __name__ == "__main__":
    unittest.main()
