"""Owns what the help of a verb says beneath its options: examples, and what a person should know first."""

EPILOGUES = {
    "review": """\
  copydesk review                       the working tree against the last commit
  copydesk review main...topic          a branch, from where it left main
  copydesk review change.bundle.json    what a run with --propose left
  git diff | copydesk review -          a patch; the keys come from the terminal
  copydesk review change.patch --json   without a screen: list files and hunks
  copydesk review change.patch --decisions decided.json

The exit code is the verdict: 0 approved, 10 changes requested, 11 left without a
verdict, which a listing is too. What is made already is only judged; of a bundle
or a patch what you accept is applied, and copydesk rollback takes it back.
""",
    "apply": """\
  copydesk apply change.bundle.json --preview
  copydesk apply change.bundle.json --only src/a.py --only src/b.py:1,3
  git diff main | copydesk apply -

All of it lands in one step or nothing does: three-way where the files have moved
on. Exit 4 where a file is in conflict or a rule refuses; 0 where there was
nothing to do, too. copydesk rollback takes it back.
""",
    "batch": """\
a line of TASKS, and where it goes:
  {"id": "one", "prompt": "fix the average", "root": "shop"}
  DIR/one/: result.json, change.patch, bundle.json, talk.txt
"base_commit" begins with another commit than the one that is checked out. Lines of
SWE-bench are taken as they are; DIR/predictions.jsonl is in its form.

Each task works in a copy with a state of its own, so one that fails leaves the
others. Started again, only what is missing or was broken off is done; a result
that holds what looks like a key waits for --options '--include-secrets'. Exit 0
where every task was done, else 1.
""",
    "rules": """\
  copydesk rules                        every rule, in the order in which they are read
  copydesk rules add deny 'secrets/**'  remember one for this workspace
  copydesk rules add ask '*.sql' --action edit --reason 'show me migrations'
  copydesk rules revoke 3f9a1c          forget it again

The last rule that speaks of an action on a path decides. Your configuration
comes first, then the workspace's own, then what is remembered, then --allow and
--deny. An allow without --action is of edits; a deny or ask is of everything.
A secret is opened only by its own path, never by a pattern, and what is
protected is remembered only so.
""",
    "sessions": """\
  copydesk sessions                     every session, the last used one first
  copydesk sessions list average        those with this word in their line
  copydesk sessions show 20261122-07    what was said and done in one
  copydesk sessions resume 20261122-07  go on with it on the screen
  copydesk sessions export 20261122-07 --format json > session.json
  copydesk sessions delete 20261122-07  remove its record for good

The beginning of an id is enough. A session that another copydesk has open can be
shown, and gone on with in a copy (--fork). Deleting one leaves what it edited in
the history: copydesk history --purge drops that.
""",
    "tool": """\
a line in, and the line that answers it:
  {"id": 1, "input": {"command": "view", "path": "a.py"}}
  {"id": 1, "content": "a.py, lines 1-1 of 1: ...", "is_error": false, "change": null}
"name" beside "input" calls find_files or search_text instead of the editor;
{"describe": true} answers with what the tools are called and what they take.

Mode accept applies edits, plan refuses them. Nobody can be asked, so what is
protected, such as a secret, is refused unless --allow names it. What was
applied, copydesk rollback takes back.
""",
    "mcp": """\
Each command of the editor is a tool, with find_files and search_text beside
them. The messages go over standard input and output, so a client starts it:
  {"command": "copydesk", "args": ["mcp", "--root", "/path/of/the/workspace"]}
It needs the extra: pip install 'copydesk[mcp]', in a clone pip install '.[mcp]'.

Mode ask shows each edit in a form of the client's, and refuses it where the
client has no forms; accept applies edits, plan refuses them. What is protected,
such as a secret, is asked about in mode accept too, unless --allow names it.
What was applied, copydesk rollback takes back.
""",
}
"""What the help of a verb ends with, as it is laid out."""

EPILOG = "Without a verb the screen opens; a first word that is no verb is the prompt (`--` forces that)."
