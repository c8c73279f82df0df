"""The load: customers of every kind, in a process of their own."""

from storm.load.process import LoadError, LoadProcess

__all__ = ["LoadError", "LoadProcess"]
