"""The builder of the functions' packages, run as ``python -m scripts.package``."""
