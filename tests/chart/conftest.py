"""What the tests share: the operator's binary, an API server for those that need one, and the last line."""

import pytest

from apiserver import ApiServer


@pytest.fixture(scope="session")
def server():
    """A real API server with its controllers, and nobody who runs pods."""
    with ApiServer() as running:
        yield running


def pytest_unconfigure(config):
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    count = lambda *outcomes: sum(len(reporter.stats.get(outcome, [])) for outcome in outcomes)
    # What was skipped was not shown to be so.
    print(f"{count('passed')} passed, {count('failed', 'error', 'skipped')} failed")
