"""What there is to be told: its words, its columns, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A kind of event.

    Attributes:
        name: stable; it stands in the warehouse.
        topic: what is looked at.
        one: what is wrong where one is concerned.
        many: behind the number of them; empty where there is never more than one.
        columns: of the table of those concerned.
        cure: what to do; `{schema}` is the schema of the models' alerts.
        over: how its end is told; empty where it has none, because it is a fact.
    """

    name: str
    topic: str
    one: str
    many: str
    columns: tuple[str, ...]
    cure: str
    over: str

    def headline(self, concerned: int) -> str:
        """What is wrong, in a few words that begin small."""
        if not self.many:
            return self.one
        return f"1 {self.one}" if concerned == 1 else f"{concerned:,} {self.many}"


ORDER_COLUMNS = ("order", "customer", "status", "ordered (UTC)", "due (UTC)", "days late", "amount")
RUN_COLUMNS = ("in a row", "first (UTC)", "last (UTC)", "why")

SHOP_AWAY = Kind(
    "shop_away",
    "whether the shop is reached",
    "the shop cannot be reached",
    "",
    RUN_COLUMNS,
    "See whether the shop and the network are up, and whether the shop throttles this key. The next run goes on where"
    " this one stopped; nothing is lost.",
    "the shop is reached again",
)
RUN_FAILED = Kind(
    "run_failed",
    "failed loads",
    "the load fails",
    "",
    RUN_COLUMNS,
    "Do what the sentence says, then run `python pipelines.py`. What is committed stays, the cursor has not moved past"
    " it.",
    "the load runs again",
)
RUN_TROUBLE = Kind(
    "run_trouble",
    "runs of a scheduler",
    "a scheduler's run is late or has failed",
    "",
    ("run of", "noticed (UTC)", "what"),
    "See in the scheduler where it stands, and do what its log says. A late one may go on, a failed one may be run"
    " again: nothing is lost by either.",
    "the scheduler's runs end well again",
)
BUILD_FAILED = Kind(
    "build_failed",
    "failed builds",
    "model or test of models fails",
    "models or tests of models fail",
    ("model or test", "built (UTC)"),
    "The rows are loaded, what is made of them is as old as the last build. `python pipelines.py build` tells what is"
    " wrong with each; mend it and build again.",
    "the models are built again",
)
CHECK_FAILED = Kind(
    "check_failed",
    "failed checks",
    "check fails",
    "checks fail",
    ("check", "of", "found", "expected", "checked (UTC)"),
    "`python pipelines.py verify` compares the shop with the warehouse row by row, `verify --repair` reads again what"
    " differs; then `python pipelines.py check`.",
    "the checks pass again",
)
STALE = Kind(
    "stale",
    "lists without new rows",
    "list brings nothing new for longer than usual",
    "lists bring nothing new for longer than usual",
    ("list", "what stays away", "last run (UTC)", "last new row (UTC)", "longest gap so far"),
    "Where no run went well, see that the scheduler runs `python pipelines.py` and what it prints. Where no new rows"
    " come, see in the shop whether anybody buys, and whether the key may still read this list. A quiet shop wants a"
    " greater `stale_after_hours`.",
    "new rows come again",
)
REJECTED = Kind(
    "rejected",
    "rejected records",
    "list has more rejected records than allowed",
    "lists have more rejected records than allowed",
    ("list", "rejected", "loaded", "share", "usual share", "allowed", "run ended (UTC)"),
    "See in the table `rejected_records` which fields and why. Mend the shop profile and run"
    " `python pipelines.py replay`; if the shop was mended, the next run brings the rows. Nothing is lost.",
    "the share of rejected records is as allowed again",
)
LATE_OPEN = Kind(
    "late_open",
    "late orders",
    "order is late and still open",
    "orders are late and still open",
    ORDER_COLUMNS,
    "Ask the carrier about the oldest first, and tell the customers. All of them: `SELECT * FROM"
    " {schema}.delayed_orders WHERE delay_kind = 'still open' ORDER BY due_at`. `service_level_days` says when an"
    " order is late.",
    "none of these orders is late and open any more",
)
LATE_DELIVERED = Kind(
    "late_delivered",
    "late deliveries",
    "order arrived late",
    "orders arrived late",
    ORDER_COLUMNS,
    "See which carrier or product is behind them. These and older ones: `SELECT * FROM {schema}.delayed_orders WHERE"
    " delay_kind = 'delivered late' ORDER BY delivered_at DESC`.",
    "",
)

KINDS = {
    kind.name: kind
    for kind in (
        SHOP_AWAY,
        RUN_FAILED,
        RUN_TROUBLE,
        BUILD_FAILED,
        CHECK_FAILED,
        STALE,
        REJECTED,
        LATE_OPEN,
        LATE_DELIVERED,
    )
}
"""By name, the most pressing first."""
