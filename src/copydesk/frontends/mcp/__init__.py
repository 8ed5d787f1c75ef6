"""Owns the tools as a server of the Model Context Protocol; it needs the extra `mcp`."""
