"""Owns what a model or a client may call: each tool reads the workspace and submits its changes to the door."""
