"""What stands between the screen and the terminal: what goes out, what comes in, and what fails."""
