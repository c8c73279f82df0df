"""The simulated Telegram's control API, and how errors are put in the way of the bot's calls."""

import collections
import dataclasses

from storm.faults.fault import Hit
from storm.stack.web import read

#: Calls that the bot makes, as it names them.
METHODS = ("getUpdates", "sendMessage", "editMessageText", "answerCallbackQuery")


@dataclasses.dataclass(frozen=True)
class Refusal:
    """The next `count` calls of a method fail like this."""

    #: "*" stands for all.
    method: str
    error_code: int
    count: int
    #: The call takes effect, and only its answer is lost.
    applied: bool = False
    #: Seconds.
    retry_after: int | None = None

    @property
    def fields(self):
        return {name: value for name, value in dataclasses.asdict(self).items() if value is not None}

    @property
    def key(self):
        return (self.method.lower(), self.error_code, self.applied)


class TelegramControl:
    """`/sim/…` of the simulator. No fault ever touches it."""

    def __init__(self, simulator):
        self.simulator = simulator
        self.ordered = collections.Counter()

    async def get(self, path):
        return await self.simulator.get(f"/sim/{path}")

    async def post(self, path, **fields):
        return await self.simulator.post(f"/sim/{path}", fields)

    async def refuse(self, refusal):
        await self.post("faults", **refusal.fields)
        self.ordered[refusal.key] += refusal.count

    async def calm(self):
        """No call is refused any more. Returns a `Hit` for each kind of refusal that calls have really met."""
        left = collections.Counter()
        for fault in (await self.get("faults"))["faults"]:
            left[fault["method"], fault["error_code"], fault["applied"]] += fault["count"]
        async with self.simulator.web.session.delete(f"{self.simulator.control}/sim/faults") as response:
            await read(response)
        met = self.ordered - left
        self.ordered.clear()
        return [
            Hit(f"telegram {method}", count, f"{code}, took effect" if applied else f"{code}")
            for (method, code, applied), count in sorted(met.items())]
