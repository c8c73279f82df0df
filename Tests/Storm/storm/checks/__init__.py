"""What a storm is judged by."""

from . import money, system

ALL = [*money.CHECKS, *system.CHECKS]
