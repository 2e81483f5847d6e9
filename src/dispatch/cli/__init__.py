"""Every command: read arguments, call one verb, print."""
