"""What the sanity checks have found."""

from __future__ import annotations

from collections import Counter

from rich.table import Table

from ecommerce_pipeline.checks.sanity.run import Checked
from ecommerce_pipeline.report.printed import open_console


def print_checked(checked: Checked) -> None:
    """One line per check; what failed subject by subject below."""
    console = open_console()
    subjects: Counter[str] = Counter(finding.name for finding in checked.findings)
    failed: Counter[str] = Counter(finding.name for finding in checked.failed)
    table = Table(title="checks", title_justify="left")
    table.add_column("check", no_wrap=True)
    table.add_column("subjects", justify="right")
    table.add_column("failed", justify="right")
    for name, count in subjects.items():
        table.add_row(name, f"{count:,}", f"{failed[name]:,}" if failed[name] else "")
    console.print(table)
    for finding in checked.failed:
        console.print(
            f"{finding.name}, {finding.subject}: {finding.found}, expected {finding.expected}", markup=False
        )
    console.print(_closing(checked))


def _closing(checked: Checked) -> str:
    about = "" if checked.with_models else "; models were not built, so not checked"
    if checked.failed:
        return (
            f"{len(checked.failed)} of {len(checked.findings)} checks failed{about}. docs/models.md tells what each"
            " means and what to do; where rows came without models, `python pipelines.py build` may be all."
        )
    return f"all {len(checked.findings)} checks passed{about}"
