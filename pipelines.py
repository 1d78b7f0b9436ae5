"""The command: `python pipelines.py --help` tells what it does."""

import sys

from ecommerce_pipeline.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
