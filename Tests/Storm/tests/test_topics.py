"""The table of what each service has no use for is what the services say."""

import pathlib
import re
import unittest

from storm.checks.topics import IGNORED, IGNORED_WITH, SCHEMAS, TOPICS

SOURCES = pathlib.Path(__file__).parents[3] / "Sources"
FOLDERS = {
    "gateway": "Gateway", "session-svc": "SessionSvc", "wallet-svc": "WalletSvc", "order-svc": "OrderSvc",
    "tx-svc": "TxSvc", "monitor-svc": "MonitorSvc"}
IGNORES = re.compile(r"\bignore\((\w+)\.self\)")
#: A list that several services share.
SHARED = re.compile(r"func (ignores\w+)\(\) \{(.*?)\n  \}", re.DOTALL)
SELECTIVE = re.compile(r"\.handle\(\s*(\w+)\.self, where:")


def swift(folder):
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted((SOURCES / folder).rglob("*.swift")))


class IgnoredTests(unittest.TestCase):
    """A type that stands here and is handled could be lost without anybody noticing."""

    def test_the_types_are_those_that_the_services_name(self):
        shared = {name: set(IGNORES.findall(body)) for name, body in SHARED.findall(swift("Contracts"))}
        for service, folder in FOLDERS.items():
            text = swift(folder)
            named = set(IGNORES.findall(text))
            named = named.union(*(types for name, types in shared.items() if f".{name}()" in text))
            self.assertEqual({type.partition(".")[2] for type in IGNORED[service]}, named, service)

    def test_messages_of_which_some_are_of_use_are_those_that_the_services_name(self):
        for service, folder in FOLDERS.items():
            partly = {type.partition(".")[2] for name, type in IGNORED_WITH if name == service}
            self.assertEqual(partly, set(SELECTIVE.findall(swift(folder))), service)

    def test_every_service_has_its_line_and_ignores_only_what_it_reads(self):
        self.assertEqual(set(IGNORED), set(SCHEMAS))
        for service, types in IGNORED.items():
            for type in types:
                self.assertIn(service, TOPICS[f"{type.partition('.')[0]}.events"], type)


if __name__ == "__main__":
    unittest.main()
