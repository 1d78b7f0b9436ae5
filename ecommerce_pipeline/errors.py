"""What can go wrong, grouped by what the caller does next.

PipelineError
├── SettingError        a person corrects a setting; nothing was written        (exit code 2)
│   └── ProfileError    the shop profile is wrong: file, key, got, expected
└── RunFailed           the run stops, the cursor stays, the next run goes on   (exit code 1)
    ├── ShopRefused     the shop said no and will say no again: key, permission, address
    ├── ShopUnreachable retries are used up: the shop or the network is away
    ├── ContractBroken  the shop answered, but not what its profile declares
    ├── Unaccounted     rows vanished between two of our own stages; nothing of them was loaded   (exit code 3)
    ├── DestinationFailed  the warehouse refused; what was fetched is kept
    ├── AnotherRun      another run holds the folder or the database; this one wrote nothing    (exit code 4)
    ├── TooManyGone     a sweep would mark suspiciously many rows; it marked none
    └── ModelsFailed    the rows are loaded, what is made of them is not; mend it and build again

RetryLater              one request may be tried again; never leaves the reader
"""

from __future__ import annotations


class PipelineError(Exception):
    """Base of all errors that this project raises on purpose; its text is one clear sentence."""

    exit_code = 1


class SettingError(PipelineError):
    """A setting is missing or wrong. Raised before anything is written."""

    exit_code = 2


class ProfileError(SettingError):
    """A shop profile is wrong.

    Args:
        file: the profile's path, as the user can open it.
        key: dotted key inside the file.
        got: what stands there.
        expected: what may stand there.
    """

    def __init__(self, file: str, key: str, got: object, expected: str) -> None:
        super().__init__(f"{file}: `{key}` is {got}, expected {expected}. Correct the profile and run again.")
        self.file = file
        self.key = key


class RunFailed(PipelineError):
    """The run cannot go on. What is committed stays; the cursor has not moved past it.

    Attributes:
        status: of the HTTP answer that ended it, None where another reason did.
    """

    status: int | None = None


class ShopRefused(RunFailed):
    """The shop refuses the key, the permission or the address; trying again is of no use."""


class ShopUnreachable(RunFailed):
    """The shop did not answer properly within all retries."""


class ContractBroken(RunFailed):
    """The shop's answers contradict its profile: a loop, a total that lies, no list of rows."""


class Unaccounted(RunFailed):
    """Two counts of the same rows differ. What was fetched is dropped, the cursor stays."""

    exit_code = 3


class DestinationFailed(RunFailed):
    """The warehouse cannot be written. The fetched data is kept and loaded by the next run."""


class AnotherRun(RunFailed):
    """Another run works in the same folder or database; run again when it has ended."""

    exit_code = 4


class TooManyGone(RunFailed):
    """The shop lacks more rows than a sweep may mark without being told to; nothing was marked."""


class ModelsFailed(RunFailed):
    """The models could not be built. The rows are loaded; what was built before stays."""


class RetryLater(PipelineError):
    """One request failed in a way that may pass.

    Args:
        reason: short text for log and account, for example `503 Service Unavailable`.
        after_seconds: how long the shop asked us to wait, or None where it did not say.
        code: stable word under which the account counts this retry.
    """

    def __init__(self, reason: str, code: str, after_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.after_seconds = after_seconds
