"""Owns the measurements: every figure is a ratio against a floor that is measured in the same run.

Run all with `python -m bench`, or some with `python -m bench startup screen headless`. Figures depend on the machine;
ratios less so. No test depends on one. The screen is measured on a terminal of its own (`screen`, `desk`, `streaming`,
`soak`); on a machine that others use too, BENCH_PRIORITY=-10 lets what is measured go first, for those who may.
"""
