"""Releases: a tag whose tree holds the modules with their packages, run as ``python -m scripts.release``."""
