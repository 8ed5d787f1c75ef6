"""The screens of what was changed, and the ways back."""
