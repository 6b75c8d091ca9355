"""The daemon: drives every letter through the house and says how it is."""
