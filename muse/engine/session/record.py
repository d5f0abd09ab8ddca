"""What a plain commit changed, as ops of a session: `muse commit --session`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from muse.core.op_log import OpLog, record_delta
from muse.domain import PluginFor
from muse.engine.history.changes import between
from muse.engine.history.diff import describe
from muse.engine.session import delivery
from muse.engine.session.delivery import effective

if TYPE_CHECKING:
    from muse.store.repository import Repository


def record_commit(repo: Repository, session: str, plugin_for: PluginFor, *, actor: str, domain: str = "files") -> int:
    """Append what the commit at HEAD changed as ops of a session, which then count as committed; how many.

    Ops of the session that were not committed before stay so.
    """
    log = OpLog(repo.root, session)
    with delivery.one_at_a_time(log):
        delivery.settle(repo, log)  # what a session commit that died has delivered
        if "branch" not in (log.read_checkpoint() or {}):
            delivery.begin(repo, log, delivery.here(repo))
        since = effective(repo, log)
        parent = repo.run("rev-parse", "-q", "--verify", "HEAD^1^{tree}").stdout.decode().strip()
        tree = repo.tree_of("HEAD")
        delta = describe(repo, between(repo, parent or repo.empty_tree, tree), plugin_for, domain=domain)
        made: set[str] = set()
        for op in delta["ops"]:
            kind = op["child_domain"] if op["op"] == "patch" else getattr(plugin_for(op["address"]), "name", "files")
            made.update(record_delta(log, kind, {**delta, "ops": [op]}, actor_id=actor, level="durable"))
        held = log.replay(since).only(lambda row: row["instance"] == log.instance and row["op_id"] in made)
        prepared = delivery.prepare(repo, log, held, [], "")
        touched = {op["address"].partition("::")[0] for op in delta["ops"]}
        delivery.confirm(repo, log, held, since, prepared, repo.resolve("HEAD"), touched)
    return len(made)
