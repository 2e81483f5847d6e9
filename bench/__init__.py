"""Measurements: `make bench` runs them all; they print figures and judge nothing."""
