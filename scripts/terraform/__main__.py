"""``python -m scripts.terraform <arguments>``."""

import sys

from scripts.terraform import main

main(sys.argv[1:])
