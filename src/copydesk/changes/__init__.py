"""Owns the one door to the disk: who may pass, what is remembered, and the way back."""
