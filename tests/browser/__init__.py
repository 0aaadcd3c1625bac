"""A headless Chromium with its driver, and what finds mistakes of accessibility in it."""
