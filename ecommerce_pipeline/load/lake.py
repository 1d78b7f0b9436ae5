"""dlt's destination of files, as a lake of versions: a load that did not end has left nothing that counts."""

from __future__ import annotations

from dlt.destinations import filesystem as dlt_filesystem
from dlt.destinations.impl.filesystem.filesystem import FilesystemClient


class LakeClient(FilesystemClient):
    """Writes as dlt does; a load counts before its cursors do."""

    def complete_load(self, load_id: str) -> None:
        """Note that a load is complete, then its state. dlt does it the other way round: after a kill in between the
        cursors are past rows that no complete load has.
        """
        self._store_load(load_id)
        self._store_current_state(load_id)


class filesystem(dlt_filesystem):  # noqa: N801  # destinations are called as they are configured
    """The destination `filesystem`; dlt's state and commands know it under that name."""

    destination_type = "dlt.destinations.filesystem"

    @property
    def client_class(self) -> type[FilesystemClient]:
        """Speaks to the lake."""
        return LakeClient
