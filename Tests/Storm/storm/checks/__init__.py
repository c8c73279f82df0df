"""What a storm is judged by."""

from . import money

ALL = [*money.CHECKS]
