"""Measures AlphaLake beside what a user would pick instead, on the same rows, in the same run."""
