"""The faults, one class each. `ALL` lists them; a new one is a file here and a line there."""
