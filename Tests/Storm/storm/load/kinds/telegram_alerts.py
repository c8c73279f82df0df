"""People turn the bot's alerts on and off."""

from storm.load import telegram_screens as screens
from storm.load.telegram_kind import TelegramKind


class TelegramAlerts(TelegramKind):
    name = "telegram_alerts"
    weight = 0.3

    async def talk(self, conversation):
        is_on = conversation.random.random() < 0.5
        word = "on" if is_on else "off"
        if conversation.random.random() < 0.5:
            await conversation.write(f"/alerts {word}", is_set(is_on), "that alerts are set")
        else:
            question = await conversation.write("/alerts", is_question, "the question for alerts")
            await conversation.press(question, f"v1:al:{word}", is_set(is_on), "that alerts are set")
        conversation.record("alerts_set", is_on=is_on)


def is_question(message):
    return message.has("v1:al:on") and message.has("v1:al:off")


def is_set(is_on):
    sentences = screens.ALERTS_ON if is_on else screens.ALERTS_OFF
    return lambda message: any(sentence in message.text for sentence in sentences)
