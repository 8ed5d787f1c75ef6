"""What was said and done on screen: how each item is drawn, and how a person reads in it."""
