"""What a storm is judged by."""

from . import dialogs, money, system

ALL = [*money.CHECKS, *system.CHECKS, *dialogs.CHECKS]
