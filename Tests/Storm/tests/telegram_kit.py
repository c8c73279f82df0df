"""A small Telegram with a small bot in it, for the tests of the people."""

import asyncio

from aiohttp import web

ORDER = "ord_0123456789abcdef0123456789abcdef"
RECEIVER = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
TXID = "ab" * 32
USER = 1_100_001
CUSTOMER = "cus_0123456789abcdef0123456789abcdef"


class StubTelegram:
    """`bot` is called with itself and each input (a text, or a button's data) and shows what it likes."""

    def __init__(self, bot):
        self.bot = bot
        self.inputs = []
        self.messages = {}
        self.toasts = []
        self.version = 0
        self.is_blocked = False
        self.callback = None
        self.changed = asyncio.Event()
        self.polls = 0

    async def start(self):
        application = web.Application()
        chat = f"/sim/chats/{USER}"
        application.router.add_post(f"{chat}/messages", self._say)
        application.router.add_post(f"{chat}/press", self._press)
        application.router.add_get(f"{chat}/messages", self._changes)
        self.runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        self.url = "http://127.0.0.1:%d" % self.runner.addresses[0][1]
        return self

    async def stop(self):
        await self.runner.cleanup()

    def show(self, text, *buttons, message=1):
        """Sends a message, or changes it."""
        self.version += 1
        keyboard = [[{"text": data, "callback_data": data}] for data in buttons]
        self.messages[message] = {
            "message_id": message, "from": "bot", "text": text, "version": self.version,
            "reply_markup": {"inline_keyboard": keyboard}}
        self.changed.set()

    def toast(self, text):
        self.version += 1
        self.toasts.append({"callback_id": self.callback, "text": text, "show_alert": False, "version": self.version})
        self.changed.set()

    def presses(self, data):
        return self.inputs.count(data)

    async def _say(self, request):
        if self.is_blocked:
            return web.json_response({"error": "person has blocked the bot; unblock it first"}, status=409)
        self._take((await request.json())["text"])
        return web.json_response({"message_id": 900 + len(self.inputs), "update_id": len(self.inputs)})

    async def _press(self, request):
        if self.is_blocked:
            return web.json_response({"error": "person has blocked the bot; unblock it first"}, status=409)
        self.callback = f"callback-{len(self.inputs)}"
        self._take((await request.json())["data"])
        return web.json_response({"callback_id": self.callback})

    def _take(self, text):
        self.inputs.append(text)
        self.bot(self, text)

    async def _changes(self, request):
        self.polls += 1
        after, wait = int(request.query["after_version"]), float(request.query["wait"])
        try:
            async with asyncio.timeout(wait):
                while self.version <= after:
                    self.changed.clear()
                    await self.changed.wait()
        except TimeoutError:
            self.changed.clear()
        return web.json_response({
            "version": self.version, "blocked": self.is_blocked, "deleted": [],
            "messages": [message for message in self.messages.values() if message["version"] > after],
            "toasts": [toast for toast in self.toasts if toast["version"] > after]})


def order_text(title, *facts):
    lines = [
        f"Order {ORDER}", f"Receiver: {RECEIVER}", "Rental: 65,000 energy for 10 s", "Price: 1.95 TRX", *facts]
    return f"{title}\n\n" + "\n".join(lines)


def shop(telegram, text):
    """A bot that rents 65,000 energy for 10 s, step by step, and delivers at once."""
    if text == "/start" or text == "/cancel":
        telegram.show("TRON Energy Assistant", "v1:rent", "v1:lang")
    elif text in ("/rent", "v1:rent"):
        telegram.show("How much energy?", "v1:e:65000", "v1:e:131000", "v1:eo", "v1:menu")
    elif text == "v1:eo":
        telegram.show("How much energy?\n\nSend the amount", "v1:rent", "v1:menu")
    elif text.startswith("v1:e:") or text.replace(",", "").replace(" ", "").isdigit():
        telegram.show("For how long?", "v1:d:10", "v1:rent", "v1:menu")
    elif text == "v1:d:10":
        telegram.show("Which address should receive the energy?", "v1:e:65000", "v1:menu")
    elif text == RECEIVER:
        telegram.show(
            f"Check and confirm\n\nReceiver: {RECEIVER}\n\nPrice: 1.95 TRX", f"v1:ok:{ORDER}", "v1:d:10", "v1:menu",
            message=2)
    elif text == f"v1:ok:{ORDER}":
        telegram.show(order_text("✅ Accepted"), "v1:home", message=2)
