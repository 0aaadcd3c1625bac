"""What the authorizer must answer, written a second time, and the comparison with the authorizer."""

import scripts  # noqa: F401 - finds the functions' packages, also when a module here is run as a program
