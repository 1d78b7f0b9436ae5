"""Pages become rows: known ones are counted, wrong ones go to the quarantine, the rest is handed on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from ecommerce_pipeline.records.keys import is_id
from ecommerce_pipeline.records.validation import (
    Accepted,
    Rejected,
    content_hash,
    row_hash,
)
from ecommerce_pipeline.shop.endpoint import Endpoint
from ecommerce_pipeline.shop.page import Page
from ecommerce_pipeline.source.account import ResourceAccount
from ecommerce_pipeline.source.contract import validator_of
from ecommerce_pipeline.source.embedded import EmbeddedLists, with_inherited
from ecommerce_pipeline.source.quarantine import Origin, rejected_id
from ecommerce_pipeline.source.reading import Reading
from ecommerce_pipeline.source.repeats import Memory, Repeats, identity
from ecommerce_pipeline.source.tombstones import TOMBSTONE, deleted_at
from ecommerce_pipeline.source.versions import Versions


class Acceptance:
    """Judges the rows of one resource, and those of the lists that are embedded in them.

    Args:
        name: the resource.
        reading: the run; its accounts, its quarantine and its tombstones are filled.

    Attributes:
        name: of the resource.
        run_id, loaded_at: stand in every row.
        validator: of its rows.
        contract: names all that decides what becomes of a row.
        embedded: the lists in its rows.
        embedded_lists: the same as they are read where rows go as columns.
    """

    def __init__(self, name: str, reading: Reading) -> None:
        profile = reading.profile
        self.name = name
        self.run_id, self.loaded_at = reading.run_id, reading.started_at
        self._accounts = reading.accounts
        self._quarantine = reading.quarantine
        self._refusals = reading.refusals
        self._refused_before: set[str] = set()
        self._tombstones = reading.tombstones.setdefault(name, {})
        self._stamp: dict[str, Any] = {"_run_id": self.run_id, "_loaded_at": self.loaded_at}
        self._shop, self._id_type = profile.name, profile.id_type
        children = [child for child, declared in profile.resources.items() if declared.embedded_in == name]
        self.validator = validator_of(name, profile, children)
        self._line_validators = {child: validator_of(child, profile) for child in children}
        self.embedded = EmbeddedLists(name, {child: profile.resources[child] for child in children})
        contracts = {
            child: [validator.contract, profile.resources[child].embedded_field]
            for child, validator in self._line_validators.items()
        }
        declared = profile.resources[name]
        self.embedded_lists = self.embedded.as_columns(declared, self._line_validators)
        self.contract = content_hash([self.validator.contract, contracts, declared.tombstone])[:8]
        self._reads = 0

    def judge(self, endpoint: Endpoint, page: Page, repeats: Memory) -> list[dict[str, Any]]:
        """The rows of a page that are new and right, as dlt takes them."""
        return self.judge_rows(endpoint, page, repeats, self.count_page())[0]

    def count_page(self) -> int:
        """The number of a page that was read just now; of two versions of one instant the later page's is newer."""
        self._reads += 1
        return self._reads

    def source(self, page: Page) -> str:
        """Where the rows of a page come from, as it stands in each of them."""
        return f"{self._shop} {page.address}"

    def judge_rows(
        self, endpoint: Endpoint, page: Page, repeats: Memory, read: int
    ) -> tuple[list[dict[str, Any]], list[Any]]:
        """The same as `judge` for a page whose number is known, and beside it those rows as the shop sent them."""
        repeats.prepare(map(endpoint.key, page.rows))
        if repeats.asks:
            self._refused_before = self._refusals(
                [found for row in page.rows for found in self._ids(endpoint, row)]
            )
        origin = (self.source(page), read)
        accepted = [(self._row(endpoint, row, repeats, origin), row) for row in page.rows]
        new = [(record, raw) for record, raw in accepted if record is not None]
        return [record for record, _ in new], [raw for _, raw in new]

    def take_right(
        self, repeats: Repeats, versions: Versions, places: Sequence[int], keys: Sequence[Any]
    ) -> list[int]:
        """Count rows that are right beyond doubt; returns the places of those that are new, ascending.

        Args:
            repeats: what is known already.
            versions: of rows of several pages.
            places: which of them are right.
            keys: of all of them.
        """
        account = self._accounts[self.name]
        repeats.prepare(keys[place] for place in places)
        new = repeats.accept_new(versions, places)
        account.fetched += len(places)
        account.loaded += len(new)
        account.repeated += len(places) - len(new)
        if self._tombstones:
            for place in places:
                self._tombstones.pop(keys[place], None)
        return new

    def count_lines(self, resource: str, fetched: int, new: int) -> None:
        """Count lines that are right beyond doubt, of rows that are; those that are not new are repeated."""
        account = self._accounts[resource]
        account.fetched += fetched
        account.loaded += new
        account.repeated += fetched - new

    def accepts(self, resource: str, raw: Any) -> bool:
        """Whether a record keeps the contract.

        Args:
            resource: what it is, this resource or one that is embedded in its rows.
            raw: as the shop sent it.
        """
        if resource != self.name:
            return isinstance(self._line_validators[resource].validate(raw), Accepted)
        return isinstance(self.validator.validate(self.embedded.split(raw)[1]), Accepted)

    def _row(
        self, endpoint: Endpoint, raw: Any, repeats: Memory, origin: tuple[str, int]
    ) -> dict[str, Any] | None:
        source, _ = origin
        account = self._accounts[self.name]
        account.fetched += 1
        self.embedded.note(raw)
        deleted = deleted_at(endpoint, raw, self._stamp["_loaded_at"])
        digest = f"{row_hash(raw)}-{self.contract}{TOMBSTONE if deleted else ''}"
        key, cursor = identity(endpoint.key(raw)), endpoint.cursor(raw)
        if not deleted and key:
            self._tombstones.pop(endpoint.key(raw), None)
        if repeats.known(key, cursor, digest):
            account.repeated += 1
            self._count_repeated_lines(raw)
            return None
        lines, bare = self.embedded.split(raw)
        judged = self.validator.validate(bare)
        if isinstance(judged, Rejected):
            repeats.refuse(cursor, digest)
            self._note_tombstone(endpoint, raw, deleted)
            content = content_hash(raw)
            if rejected_id(self.name, content) in self._refused_before:
                account.repeated += 1
                self._count_repeated_lines(raw)
                return None
            whole = Rejected(judged.raw | lines, judged.key, judged.reasons)
            self._refuse(self.name, whole, content, Origin(source))
            self._count_refused_lines(raw)
            return None
        repeats.accept(key, cursor, digest)
        account.loaded += 1
        record = judged.record | self._lines(raw, self.embedded.inherited(endpoint, raw), Origin(source, raw))
        account.deleted += deleted is not None
        return {**record, **self._bookkeeping(digest, cursor, origin), "_deleted_at": deleted}

    def _note_tombstone(self, endpoint: Endpoint, raw: Any, deleted: datetime | None) -> None:
        """A tombstone may have nothing but its key; the row in the warehouse is marked all the same."""
        key = endpoint.key(raw) if deleted else None
        if deleted and is_id(key, self._id_type):
            self._tombstones[key] = deleted

    def _bookkeeping(self, digest: str, cursor: datetime | None, origin: tuple[str, int]) -> dict[str, Any]:
        source, read = origin
        # Two versions can share an instant of coarse precision; the one read later is the newer.
        version = f"{cursor.isoformat(timespec='microseconds') if cursor else ''}#{read:09d}"
        return {**self._stamp, "_source": source, "_content_hash": digest, "_version": version}

    def _lines(self, raw: Any, inherited: dict[str, Any], origin: Origin) -> dict[str, Any]:
        """Each embedded list under our name, wrong elements in the quarantine."""
        return {
            child: [
                row
                for line in lines
                if (row := self._line(child, with_inherited(line, inherited), origin)) is not None
            ]
            for child, lines in self.embedded.lines(raw)
        }

    def _ids(self, endpoint: Endpoint, raw: Any) -> Iterator[str]:
        """Under which ids a row and its lines stand in the quarantine, if they do."""
        yield rejected_id(self.name, content_hash(raw))
        inherited = self.embedded.inherited(endpoint, raw)
        for child, lines in self.embedded.lines(raw):
            for line in lines:
                yield rejected_id(child, content_hash(with_inherited(line, inherited)))

    def _line(self, child: str, raw: Any, origin: Origin) -> dict[str, Any] | None:
        account = self._accounts[child]
        account.fetched += 1
        judged = self._line_validators[child].validate(raw)
        if isinstance(judged, Accepted):
            account.loaded += 1
            return judged.record
        digest = content_hash(raw)
        if rejected_id(child, digest) in self._refused_before:
            account.repeated += 1
        else:
            self._refuse(child, judged, digest, origin)
        return None

    def _count_repeated_lines(self, raw: Any) -> None:
        for account, count in self._line_counts(raw):
            account.fetched += count
            account.repeated += count

    def _count_refused_lines(self, raw: Any) -> None:
        """Lines of a refused row are refused with it; they are kept in its body."""
        for account, count in self._line_counts(raw):
            account.fetched += count
            account.rejected_rows += count
            account.rejected.update({"parent_refused": count} if count else {})
            account.first_reason = account.first_reason or f"a refused row of {self.name}"

    def _line_counts(self, raw: Any) -> Iterator[tuple[ResourceAccount, int]]:
        return ((self._accounts[child], len(lines)) for child, lines in self.embedded.lines(raw))

    def _refuse(self, resource: str, refused: Rejected, digest: str, origin: Origin) -> None:
        account = self._accounts[resource]
        account.rejected_rows += 1
        account.rejected.update({reason.rule for reason in refused.reasons})
        first = refused.reasons[0]
        account.first_reason = account.first_reason or f"{first.field} ({first.rule})"
        run_id, at = self._stamp["_run_id"], self._stamp["_loaded_at"]
        self._quarantine.add(resource, refused, digest, origin, run_id, at)
