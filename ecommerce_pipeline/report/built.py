"""What a build has made."""

from __future__ import annotations

from ecommerce_pipeline.report.printed import open_console
from ecommerce_pipeline.transform.build import Built

SHOWN = 10


def print_built(built: Built) -> None:
    """Counts in one sentence, what failed line by line, and what to do about it."""
    console = open_console()
    if built.still_failing:
        console.print(
            "models: the last build failed, and nothing has come since. Mend what failed and run `python pipelines.py"
            " build`."
        )
        return
    if not built.nodes:
        console.print("models: nothing to build, they are made of all that is loaded")
        return
    counts = ", ".join(f"{count:,} {kind}" for kind, count in sorted(built.counts.items()))
    concerned = "all" if built.sources is None else f"those of {', '.join(built.sources)}"
    console.print(f"models: {concerned}; {counts} went well, {built.seconds:.1f} s")
    for node in built.failed[:SHOWN]:
        console.print(f"  {node.kind.rstrip('s')} {node.name}: {node.status}. {node.message}", markup=False)
    if len(built.failed) > SHOWN:
        console.print(f"  and {len(built.failed) - SHOWN:,} more")
    if built.failed:
        console.print(
            "The rows are loaded. Mend what failed and run `python pipelines.py build`; what depends on it was"
            " not built."
        )
