"""The steps of the pipeline, one file per subject; see `daemon.pipeline` for their order."""
