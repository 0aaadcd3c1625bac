"""What keeps a token from being minted or explained."""


class UsageError(Exception):
    """What was asked for makes no sense; the message is one line that says what to write instead."""


class StackError(Exception):
    """The local stack is needed and does not help; the message is one line that says what to run."""
