"""What goes wrong in a build."""


class BuildError(Exception):
    """A package cannot be built; the message is one line that says why and what to do."""
