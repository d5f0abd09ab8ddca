"""One file per verb, and the table of them: a new verb is a file and a row."""

from __future__ import annotations

from typing import NamedTuple


class Verb(NamedTuple):
    """One row of the table; `module`, a file beside this one, defines `command`, a click command."""

    module: str
    group: str
    help: str


START = "start a working area"
CHANGE = "work on the current change"
EXAMINE = "examine the history and state"
GROW = "grow, merge and settle your common history"
COLLABORATE = "collaborate"
LIVE = "record live edits"
SETUP = "set Muse up and mend it"

VERBS: dict[str, Verb] = {
    "status": Verb("status", EXAMINE, "Show what changed since the last commit"),
    "log": Verb("log", EXAMINE, "Show the history in musical and code terms"),
    "show": Verb("show", EXAMINE, "Show commits and what they changed"),
    "diff": Verb("diff", EXAMINE, "Show what changed between two states"),
    "blame": Verb("blame", EXAMINE, "Show who last changed each line"),
    "render": Verb("render", EXAMINE, "Draw a commit, a range or a conflict as one HTML page"),
    "grep-notes": Verb("grep_notes", EXAMINE, "Find notes by pitch, bar or track"),
    "symbols": Verb("symbols", EXAMINE, "List what in a file an op can name"),
    "notes": Verb("notes", EXAMINE, "List the notes and events of a MIDI file as ops name them"),
    "review": Verb("review", EXAMINE, "Show what a merge resolved beyond Git, and undo it"),
    "commit": Verb("commit", GROW, "Record every change"),
    "merge": Verb("merge", GROW, "Merge another line of history into this one"),
    "merge-tree": Verb("merge_tree", GROW, "Merge two commits without a work tree"),
    "checkout": Verb("checkout", GROW, "Go to another branch or commit, or take files from one"),
    "branch": Verb("branch", GROW, "List, make, rename or delete branches"),
    "tag": Verb("tag", GROW, "List, make or delete tags"),
    "clone": Verb("clone", START, "Clone a repository and set Muse up in the clone"),
    "init": Verb("init", START, "Create an empty Git repository with Muse set up in it"),
    "import": Verb("import_", START, "Import a repository of the public Muse"),
    "conflicts": Verb("conflicts", GROW, "List what is left to settle, in musical and code terms"),
    "resolve": Verb("resolve", GROW, "Settle conflicts of a file by choosing sides"),
    "completion": Verb("completion", SETUP, "Print the completion script of a shell"),
    "doctor": Verb("doctor", SETUP, "Find what is wrong with this set-up, and say what mends it"),
    "verify": Verb("verify", SETUP, "Check everything Muse has stored in this repository"),
    "claim": Verb("claim", LIVE, "Say that you are about to edit something"),
    "release": Verb("release", LIVE, "End claims of yours"),
    "claims": Verb("claims", LIVE, "Show who has claimed what, and who is editing what"),
    "mcp": Verb("mcp", LIVE, "Serve this repository to agents over MCP"),
    "session": Verb("session", LIVE, "Record live edits of many agents and commit them"),
    "gc": Verb("gc", SETUP, "Take in the metadata of clones that are gone"),
    "mergetool": Verb("mergetool", GROW, "Settle a file's conflicts on a page in the browser"),
    "solve": Verb("solve", GROW, "Settle what can be settled in files with conflict markers"),
    "languages": Verb("languages", SETUP, "List the languages that are merged by structure"),
    "sync": Verb("sync", COLLABORATE, "Fetch, join and push, for any remote"),
    "bot": Verb("bot", COLLABORATE, "Merge a pull request in CI"),
    "serve": Verb("serve", COLLABORATE, "Serve the repositories below a folder"),
    "domains": Verb("domains", SETUP, "List the domains and the files they claim"),
    "install": Verb("install", SETUP, "Make Git use Muse's merge and diff drivers"),
    "uninstall": Verb("uninstall", SETUP, "Take Muse's drivers out of Git again"),
}
GROUPS = (START, CHANGE, EXAMINE, GROW, COLLABORATE, LIVE, SETUP)
