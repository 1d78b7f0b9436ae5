"""`python pipelines.py demo`: the shop alone, with a switch for everything it can do."""

from __future__ import annotations

import argparse
import dataclasses
import math
import threading
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from ecommerce_pipeline.demo.auth import USER
from ecommerce_pipeline.demo.faults import KINDS, VISIBLE, Faults
from ecommerce_pipeline.demo.opening import FILE, open_demo_shop
from ecommerce_pipeline.demo.options import ShopOptions, Sizes, utc_now
from ecommerce_pipeline.demo.served import ServedShop
from ecommerce_pipeline.errors import SettingError

PORT = 8765
"""The port that the profile `demo` names."""

_ALWAYS_LIVE = {"live": True}
_EXAMPLES = """\
examples:
  python pipelines.py demo                                      a shop that lives on, on port 8765
  python pipelines.py demo --faults 0.05                        one answer in twenty is no good
  python pipelines.py demo --writes-per-request 1 --sort id     the shop is edited while it is read
  python pipelines.py demo --paging cursor --auth oauth2        another contract
  python pipelines.py demo --real --page-size 1000              a real retailer's year, 1.47 million lines
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a parser all switches of the demo shop."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = (
        "Serve the demo shop on 127.0.0.1 until Ctrl-C. Its key is `demo-key` unless you change it."
    )
    parser.epilog = _EXAMPLES
    parser.add_argument("--port", type=int, default=PORT, help=f"port, 0 for any free one (default {PORT})")
    parser.add_argument(
        "--folder",
        type=lambda text: Path(text).absolute(),  # as typed; the run itself goes on in the project's folder
        default=Path("data"),
        help=f"where {FILE} remembers when the shop opened; it lives on from there (default data)",
    )
    parser.add_argument(
        "--real",
        action="store_true",
        help="serve the real data set of requirements/real-data.txt instead; read-only",
    )
    _add_sizes(parser.add_argument_group("size on the first day"))
    _add_options(parser.add_argument_group("contract and behaviour"))
    _add_faults(
        parser.add_argument_group(
            "faults", "rates from 0 to 1; one address suffers three times in a row at most"
        )
    )


PORTS = range(65_536)


def serve(arguments: argparse.Namespace, until: threading.Event | None = None) -> int:
    """Serve as the arguments say; returns the exit code 0 after Ctrl-C.

    Args:
        arguments: from a parser that `add_arguments` prepared.
        until: ends serving when it is set, for callers that have no keyboard.

    Raises:
        SettingError: arguments that cannot be used, a port that is taken.
    """
    if arguments.port not in PORTS:
        raise SettingError(f"--port is {arguments.port}, expected {PORTS[0]} (any free one) to {PORTS[-1]}.")
    shop = _shop(arguments)
    with shop.serve(arguments.port) as address:
        print(_greeting(address, shop), flush=True)
        try:
            (until or threading.Event()).wait()
        except KeyboardInterrupt:
            print("\nThe demo shop is closed.", flush=True)
    return 0


def _shop(arguments: argparse.Namespace) -> ServedShop:
    chosen = {
        name: getattr(arguments, name) for name in _switchable() if getattr(arguments, name) is not None
    }
    chosen["faults"] = _faults(arguments)
    if arguments.real:
        from ecommerce_pipeline.demo.real import open_real_shop

        return open_real_shop(ShopOptions(**{**chosen, "live": False}))
    ShopOptions(**chosen)  # refuses wrong ones before the folder remembers a shop
    sizes = {item.name: getattr(arguments, item.name) for item in dataclasses.fields(Sizes)}
    return open_demo_shop(arguments.folder, utc_now(), sizes=Sizes(**sizes), **{**_ALWAYS_LIVE, **chosen})


def _faults(arguments: argparse.Namespace) -> Faults:
    rates = {kind: getattr(arguments, f"fault_{kind}") for kind in KINDS}
    for kind in VISIBLE:
        rates[kind] += arguments.faults / len(VISIBLE)
    if sum(rates.values()) > 1:
        raise SettingError(
            f"The rates of all faults add up to {sum(rates.values()):.2f}, expected at most 1."
        )
    return Faults.of(rates)


def _add_sizes(group: Any) -> None:
    for item in dataclasses.fields(Sizes):
        group.add_argument(
            _switch(item.name),
            type=_number(int),
            default=item.default,
            metavar="N",
            help=f"number of {item.name} (default {item.default})",
        )


def _add_options(group: Any) -> None:
    for name, (kind, choices) in _switchable().items():
        field = ShopOptions.__dataclass_fields__[name]
        default = _ALWAYS_LIVE.get(name, field.default)
        text = f"{field.metadata['help']} (default {_shown(default)})"
        if kind is bool:
            group.add_argument(_switch(name), action=argparse.BooleanOptionalAction, default=None, help=text)
        elif choices:
            group.add_argument(_switch(name), choices=choices, default=None, help=text)
        else:
            group.add_argument(
                _switch(name), type=_number(kind), default=None, metavar=_metavar(kind), help=text
            )


def _add_faults(group: Any) -> None:
    group.add_argument(
        "--faults",
        type=_rate,
        default=0.0,
        metavar="RATE",
        help="the ordinary transient faults in equal shares: " + ", ".join(VISIBLE),
    )
    for kind in KINDS:
        text = Faults.__dataclass_fields__[kind].metadata["help"]
        group.add_argument(_switch(f"fault_{kind}"), type=_rate, default=0.0, metavar="RATE", help=text)


def _switchable() -> dict[str, tuple[type, tuple[str, ...]]]:
    """The options that have a help text: name -> type of the value and its choices, if any."""
    hints = get_type_hints(ShopOptions)
    names = [item.name for item in dataclasses.fields(ShopOptions) if "help" in item.metadata]
    return {name: _kind(hints[name]) for name in names}


def _kind(hint: Any) -> tuple[type, tuple[str, ...]]:
    if get_origin(hint) is Literal:
        return str, get_args(hint)
    return (get_args(hint)[0] if isinstance(hint, types.UnionType) else hint), ()


def _switch(name: str) -> str:
    return "--" + name.replace("_", "-")


def _metavar(kind: type) -> str:
    return {int: "N", float: "X"}.get(kind, "TEXT")


def _shown(default: object) -> str:
    if isinstance(default, bool):
        return "yes" if default else "no"
    return "none" if default is None else str(default)


def _number(kind: type) -> Callable[[str], Any]:
    """A reader of an argument: a number that is neither negative nor infinite; a text as it is."""

    def read(text: str) -> Any:
        try:
            value = kind(text)
        except ValueError:
            value = -1
        if kind is not str and not 0 <= value < math.inf:
            raise argparse.ArgumentTypeError(f"{text!r}, expected a number that is not negative")
        return value

    return read


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = -1.0
    if not 0 <= rate <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no rate, expected a number from 0 to 1")
    return rate


def _greeting(address: str, shop: ServedShop) -> str:
    options = shop.options
    return (
        f"The demo shop is open at {address}/api (Ctrl-C closes it).\n"
        f"  key     {options.token} ({options.auth})\n"
        f"  paging  {options.paging}, sorted by {options.sort}\n"
        f"  try     {_curl(address, options)}\n"
        f"  load    {_load(address, options)}"
    )


def _load(address: str, options: ShopOptions) -> str:
    """How to load it from another terminal; the profile that ships fits the usual paging and key."""
    secrets = {
        "bearer": {"SHOP_TOKEN": options.token},
        "api_key": {"SHOP_API_KEY": options.token},
        "basic": {"SHOP_USERNAME": USER, "SHOP_PASSWORD": options.token},
        "oauth2": {"SHOP_CLIENT_ID": USER, "SHOP_CLIENT_SECRET": options.token},
    }[options.auth]
    given = {"SHOP_BASE_URL": f"{address}/api", **secrets}
    settings = " ".join(f"SOURCES__ECOMMERCE__{name}={value}" for name, value in given.items())
    if (options.paging, options.auth, options.sort) == ("page_number", "bearer", "updated_at"):
        return f"{settings} python pipelines.py"
    return (
        "write a profile for this paging, order and key (docs/shops.md), then"
        f" SOURCES__ECOMMERCE__SHOP=myshop.toml {settings} python pipelines.py"
    )


def _curl(address: str, options: ShopOptions) -> str:
    page = f"'{address}/api/orders?limit=3'"
    if options.auth == "api_key":
        return f"curl -H 'X-Api-Key: {options.token}' {page}"
    if options.auth == "basic":
        return f"curl -u {USER}:{options.token} {page}"
    if options.auth == "bearer":
        return f"curl -H 'Authorization: Bearer {options.token}' {page}"
    form = f"grant_type=client_credentials&client_id={USER}&client_secret={options.token}"
    return (
        f"curl -d '{form}' {address}/oauth/token   # gives the access token, then with it as Bearer: {page}"
    )
