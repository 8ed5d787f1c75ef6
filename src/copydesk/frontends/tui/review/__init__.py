"""Owns the review desk: what is offered, what a person says of it, and the screen on which they do."""
