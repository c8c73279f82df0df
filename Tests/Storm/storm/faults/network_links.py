"""What all faults of the network have in common: which links are hit, and that they are whole again afterwards."""

import abc
import asyncio

from storm.faults.fault import Fault, Hit
from storm.faults.undo import to_the_end

#: A link that carries nothing for this long is left alone: nobody would notice.
LOOK_SECONDS = 1.0
LINKS_AT_ONCE_MAX = 3
#: When nothing wanted to pass those that were drawn, others are in trouble instead, so many times.
DRAWS_MAX = 3


class LinkTurns:
    """Deals links like cards: one that was hit comes again when all others have been. Who is idle keeps its turn."""

    def __init__(self):
        self.waiting = []
        self.dealt = set()

    def take(self, random, busy, count):
        """Up to `count` of the busy links, those first that have waited longest."""
        taken = []
        for _ in range(2):
            fresh = sorted(set(busy) - self.dealt - set(self.waiting))
            random.shuffle(fresh)
            self.waiting += fresh
            chosen = [link for link in self.waiting if link in busy and link not in taken][:count - len(taken)]
            self.waiting = [link for link in self.waiting if link not in chosen]
            self.dealt.update(chosen)
            taken += chosen
            if len(taken) == count:
                break
            self.dealt.clear()
            self.dealt.update(taken)
        return taken


class NetworkFault(Fault):
    """Draws links and puts each in a trouble of its own, as `trouble` draws it."""

    group = "network"

    def __init__(self):
        self.turns = LinkTurns()

    @abc.abstractmethod
    def trouble(self, random):
        """A `storm.network.Trouble`; its seed comes from `random`, too."""

    async def run(self, storm, random, seconds):
        for _ in range(DRAWS_MAX):
            if hits := await self._trouble_some(storm.network, random, seconds):
                break
        return hits

    async def _trouble_some(self, network, random, seconds):
        links = self.turns.take(random, await busy_links(network), random.randint(1, LINKS_AT_ONCE_MAX))
        troubles = {link: self.trouble(random) for link in links}
        before = await network.all_stats()
        try:
            for link, trouble in troubles.items():
                await network.set(link, trouble)
            await asyncio.sleep(seconds)
        finally:
            await to_the_end(clear(network, links))
        after = await network.all_stats()
        counts = {link: after[link]["troubled"] - before[link]["troubled"] for link in links}
        return [Hit(link, counts[link], str(trouble)) for link, trouble in troubles.items() if counts[link]]


async def busy_links(network):
    """The names of the links that have carried something just now."""
    before = await network.all_stats()
    await asyncio.sleep(LOOK_SECONDS)
    after = await network.all_stats()
    return [link for link in after if after[link]["chunks"] > before[link]["chunks"]]


async def clear(network, links):
    for link in links:
        await network.clear(link)


def draw_seed(random):
    return random.getrandbits(32)
