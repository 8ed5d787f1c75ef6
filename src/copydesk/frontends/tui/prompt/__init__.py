"""Where a person writes: the field, what completes and recalls, and what can be done from it."""
