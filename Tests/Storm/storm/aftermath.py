"""What can be judged only when everything has stopped: the last stop itself, and what the harness complained of."""

import types

from storm.checks.check import Finding
from storm.checks.processes import DeathsAskedFor

#: Of a complaint, in a finding.
WORDS_MAX = 300


def findings(runner):
    """Of a run whose parts have all ended."""
    found = []
    if runner.storm.stack is not None:
        late = runner.storm.stack.deaths[runner.deaths_judged:]
        found += DeathsAskedFor().run(types.SimpleNamespace(deaths=late))
    if runner.sampler is not None:
        runner.sampler.tell_deaths()
        found += [Finding("harness", "other", f"a sample was not taken: {error!r}") for error in runner.sampler.errors]
    return found + complaints(runner.settings.data / "storm")


def complaints(folder):
    """The load and the proxy of the network write nothing into their logs but what went wrong with themselves."""
    found = []
    for path in (folder / "load.log", folder / "network" / "network.log"):
        text = path.read_text(encoding="utf-8", errors="replace").strip() if path.exists() else ""
        if text:
            lines = text.splitlines()
            words = lines[0] if len(lines) == 1 else f"{lines[0]} … {lines[-1]}"
            found.append(Finding("harness", "other", f"{path.name} has {len(lines)} lines: {words[:WORDS_MAX]}"))
    return found
