"""What the readers and writers of objects need of the repository they are for; `muse.store.repository` has it all."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from muse.core.paths import StrPath

if TYPE_CHECKING:
    from muse.domain import SnapshotManifest
    from muse.store.objects.content import BlobContent
    from muse.store.objects.database import ObjectReader, ObjectWriter
    from muse.store.objects.disk import DiskStore


class Basics(Protocol):
    """Where a repository's objects are, how they are named, and Git's command there."""

    root: Path
    common_dir: Path
    objects_dir: Path
    object_format: str
    env: dict[str, str]

    def settings(self) -> Mapping[str, str]:
        """Every Git setting, by its canonical name."""

    def config(self, key: str, default: str | None = None) -> str | None:
        """The value of one setting."""

    def git(
        self, *args: StrPath, input: bytes | None = None, check: bool = True, env: Mapping[str, str] | None = None
    ) -> bytes:
        """What Git prints."""

    def run(
        self, *args: StrPath, input: bytes | None = None, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Git's answer and exit code."""

    def packs_changed_at(self) -> int:
        """What changes whenever a pack comes or goes."""


class WithDisk(Basics, Protocol):
    """A place, and who writes objects there."""

    @property
    def disk(self) -> DiskStore:
        """Where objects are written."""


class WithObjects(Basics, Protocol):
    """A place, and its objects in and out."""

    @property
    def objects(self) -> ObjectReader:
        """Objects by id."""

    def writer(self) -> ObjectWriter:
        """A new batch of objects."""


class WithSnapshots(WithObjects, Protocol):
    """Objects, contents by digest, and the manifests remembered of trees."""

    @property
    def content(self) -> BlobContent:
        """Bytes by digest."""

    @property
    def manifests(self) -> dict[str, SnapshotManifest]:
        """Manifests by tree."""

    def tree_of(self, rev: str) -> str:
        """The id of the tree of a revision."""


class WithCommits(WithObjects, Protocol):
    """Objects, and what writing a commit asks Git's configuration for."""

    def config_bool(self, key: str, default: bool) -> bool:
        """A setting as a boolean."""

    def resolve(self, rev: str) -> str:
        """The full id of the commit a revision names."""
