"""The command: `python pipelines.py --help` tells what it does."""

import sys
from pathlib import Path

if __name__ == "__main__":
    try:
        from ecommerce_pipeline.command import main

        sys.exit(main(sys.argv[1:], Path(__file__).resolve().parent))
    except KeyboardInterrupt:  # before the command could take it
        sys.exit(130)
