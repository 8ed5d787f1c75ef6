"""Changes from elsewhere: where they come from, how they are read, what is said of them."""
