"""The command line as a module: `python -m comfy_facade.cli`."""

import sys

from comfy_facade.cli import main

if __name__ == "__main__":
    sys.exit(main())
