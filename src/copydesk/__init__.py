"""Owns nothing but the name: a coding assistant whose every change to a file is proposed, decided and kept."""

__version__ = "0.1.0"
