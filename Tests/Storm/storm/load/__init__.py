"""The load: customers of every kind, in a process of their own."""
