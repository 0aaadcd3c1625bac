"""What can be wrong with what the review is given."""


class ReviewError(Exception):
    """The plan, a manifest or the allow-list cannot be read; the message says why and what to write instead."""
