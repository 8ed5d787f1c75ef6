"""Owns the measurements: every figure is a ratio against a floor that is measured in the same run.

Run all with `python -m bench`, or some with `python -m bench startup screen one_edit`. Figures depend on the machine;
ratios less so. No test depends on one.
"""
