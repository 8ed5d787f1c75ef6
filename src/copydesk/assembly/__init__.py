"""Owns how the parts are joined; nothing else constructs a session, an applier or a History."""
