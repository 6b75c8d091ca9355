"""One file per screen; each has a `router`."""
