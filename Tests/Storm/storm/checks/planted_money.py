"""Mistakes with orders, money and energy that the checks must find."""

from . import planted_chain, planted_ledger, planted_orders

PLANTED = [*planted_ledger.PLANTED, *planted_orders.PLANTED, *planted_chain.PLANTED]
