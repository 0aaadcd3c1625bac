import scripts  # noqa: F401 - it puts the functions' own code on the path
