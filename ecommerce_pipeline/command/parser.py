"""The arguments of `python pipelines.py`."""

from __future__ import annotations

import argparse

EXAMPLES = """\
examples:
  python pipelines.py                                  what changed since the last run
  python pipelines.py --resources orders,customers     only these lists
  python pipelines.py --since 2026-11-01 --until 2026-11-08
                                                       read one week again; the cursor stays where it is
  python pipelines.py --full-refresh                   drop what is loaded and read everything
  python pipelines.py --no-transform                   load only
  python pipelines.py build --everything               build all models anew
  python pipelines.py check                            does the warehouse hold together?
  python pipelines.py export --since 2026-11-01        facts and dimensions as Parquet files, by day
  python pipelines.py alert                            tell what is late, stale or failed to who has to know
  python pipelines.py sweep                            mark what the shop has deleted
  python pipelines.py verify                           compare the shop with the warehouse
  python pipelines.py verify --since 2026-11-01 --repair
                                                       the same for a span, and read again what differs
  python pipelines.py replay                           judge again what was rejected
  python pipelines.py replay --archive --since 2026-11-01
                                                       load again the pages that were fetched since then
  python pipelines.py ddl --dialect redshift           print the tables as SQL
  python pipelines.py demo --port 8765                 serve the demo shop alone

Settings stand in .dlt/config.toml, secrets in .dlt/secrets.toml; docs/settings.md explains each.
Exit code: 0 every record is accounted for; 1 the run failed, a model, a check or a channel of the alerts failed,
`verify` found differences, or a sweep found too many deletions; 2 a setting is wrong; 3 not every record is accounted
for; 4 another run works here, and this one has written nothing; 130 stopped by Ctrl-C; 141 nobody reads its output."""


DIALECTS = ("duckdb", "postgres", "redshift", "snowflake")
"""Warehouses whose tables can be printed."""

SINCE = "what changed at or after WHEN (a date or an instant, UTC unless it has an offset)"
UNTIL = "the same, up to but not including WHEN"


def build_parser() -> argparse.ArgumentParser:
    """All arguments; `command` is None for a load."""
    parser = argparse.ArgumentParser(
        prog="python pipelines.py",
        description="Load a shop's REST API into a warehouse, losing nothing. Without configuration it starts"
        " the demo shop and loads it into DuckDB (raw.duckdb).",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,  # --f would drop what is loaded
    )
    _add_window(parser, f"read again {SINCE}; the cursor stays")
    _add_resources(parser)
    parser.add_argument(
        "--full-refresh", action="store_true", help="drop the loaded tables and read everything"
    )
    parser.add_argument(
        "--no-transform", action="store_true", help="load only; build no models, check nothing"
    )
    commands = parser.add_subparsers(dest="command", title="commands", metavar="COMMAND")
    _add_build(commands)
    _add_command(
        commands, "check", "ask the warehouse whether it holds together; exit code 1 when it does not"
    )
    _add_export(commands)
    _add_lineage(commands)
    _add_alert(commands)
    _add_sweep(commands)
    _add_verify(commands)
    _add_replay(commands)
    _add_ddl(commands)
    _add_demo(commands)
    return parser


Commands = argparse._SubParsersAction


def _add_window(parser: argparse.ArgumentParser, since: str, default: str | None = None) -> None:
    parser.add_argument("--since", metavar="WHEN", default=default, help=since)
    parser.add_argument("--until", metavar="WHEN", default=default, help=UNTIL)


def _add_resources(parser: argparse.ArgumentParser, place: str = "resources") -> None:
    """Given before and behind the name of a command, they are joined."""
    parser.add_argument(
        "--resources",
        dest=place,
        metavar="A,B",
        action="append",
        help="only these lists, separated by commas",
    )


def _add_force(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--force",
        action="store_true",
        help="mark deletions even if they are more than `sweep_max_share` allows",
    )


def _add_command(
    commands: Commands[argparse.ArgumentParser], name: str, text: str
) -> argparse.ArgumentParser:
    """A command; what it shares with the load may stand before or behind its name."""
    return commands.add_parser(
        name, help=text, description=f"{text[0].upper()}{text[1:]}.", allow_abbrev=False
    )


def _add_build(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _add_command(
        commands, "build", "build the models of what has changed since they were built last"
    )
    parser.add_argument(
        "--everything", action="store_true", help="build all of them, incremental ones from the beginning"
    )


def _add_lineage(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _add_command(
        commands, "lineage", "write a page that shows what each model is made of, with its lineage"
    )
    parser.add_argument("page", nargs="?", default="data/models.html", help="the file to write")


def _add_export(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _add_command(
        commands, "export", "write facts and dimensions as files, one for each day that changed"
    )
    parser.add_argument(
        "--since", metavar="WHEN", default=argparse.SUPPRESS, help="only days from WHEN on (a date)"
    )


def _add_alert(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _add_command(
        commands, "alert", "find late orders, failed runs and the like, and tell the channels what is new"
    )
    parser.add_argument("--dry-run", action="store_true", help="print the message; send nothing")
    for name in ("failed", "late"):
        parser.add_argument(
            f"--{name}",
            metavar="TEXT",
            help=f"for schedulers: what there is to say of a run that is {name}; an empty text says that it is over",
        )
    parser.add_argument(
        "--job",
        metavar="NAME",
        default="run",
        help="whose runs; what is said of one job says nothing of another",
    )


def _add_sweep(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _add_command(
        commands, "sweep", "mark rows that the shop has no more as deleted; unmark those that are back"
    )
    _add_resources(parser, "more_resources")
    _add_force(parser)


def _add_verify(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _add_command(
        commands,
        "verify",
        "compare the shop with the warehouse by keys and versions; exit code 1 when they differ",
    )
    _add_window(parser, f"only {SINCE}", argparse.SUPPRESS)
    _add_resources(parser, "more_resources")
    parser.add_argument("--repair", action="store_true", help="read again what differs, touch nothing else")
    _add_force(parser)


def _add_replay(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _add_command(
        commands,
        "replay",
        "judge rejected records again and load what is right now; the shop is not asked",
    )
    parser.add_argument(
        "--archive", action="store_true", help="load archived pages again instead of rejected records"
    )
    _add_window(parser, "with --archive: pages of runs that began at or after WHEN (UTC)", argparse.SUPPRESS)
    _add_resources(parser, "more_resources")


def _add_ddl(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _add_command(commands, "ddl", "print the tables as SQL, as they are loaded; nothing is opened")
    parser.add_argument(
        "--models", action="store_true", help="those of the star schema too, as they stand in the warehouse"
    )
    parser.add_argument(
        "--dialect", choices=DIALECTS, help="of which warehouse, if not of the one in the configuration"
    )


def _add_demo(commands: Commands[argparse.ArgumentParser]) -> None:
    from ecommerce_pipeline.demo.command import add_arguments

    add_arguments(commands.add_parser("demo", help="serve the demo shop alone"))
