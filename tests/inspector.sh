#!/usr/bin/env bash
# Lists and calls every tool of `copydesk mcp` with the command line of the MCP Inspector, in each era of the protocol.
#
# Needs copydesk with its extra `mcp` on the PATH, or named in COPYDESK, and the Inspector, or its command in INSPECTOR:
#   npm install --global @modelcontextprotocol/inspector@2    (node 22.19 or later)
set -euo pipefail

inspector=${INSPECTOR:-mcp-inspector}
copydesk=$(realpath "$(command -v "${COPYDESK:-copydesk}")")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
is_error=5 # the Inspector's exit code for an answer with isError

inspect() { # MODE ARGUMENTS...: one request, to a server of its own
  printf '{"mcpServers": {"copydesk": {"command": "%s", "args": [%s], "env": {"COPYDESK_STATE_DIR": "%s"}}}}' "$copydesk" \
    "\"mcp\", \"--root\", \"$workspace\", \"--mode\", \"$1\", \"--tool-version\", \"$version\"" "$folder/state" \
    >"$folder/servers.json"
  $inspector --cli --quiet --format json --config "$folder/servers.json" --server copydesk --protocol-era "$era" "${@:2}"
}

call() { # EXIT-CODE MODE TOOL ARGUMENTS-AS-JSON
  local code=0
  printf '%s %s\n  ' "$3" "$4"
  inspect "$2" --method tools/call --tool-name "$3" --tool-args-json "$4" 2>&1 || code=$?
  test "$code" = "$1"
}

call_listed_tool() { # TOOL
  case $1 in
    view) call 0 accept view '{"path": "a.txt", "view_range": [1, -1]}' ;;
    create) call 0 accept create '{"path": "b.txt", "file_text": "three\n"}' ;;
    str_replace) call 0 accept str_replace '{"path": "a.txt", "old_str": "two", "new_str": "2"}' ;;
    insert) call 0 accept insert "{\"path\": \"a.txt\", \"insert_line\": 0, \"$text_parameter\": \"zero\"}" ;;
    undo_edit) call $is_error accept undo_edit '{"path": "a.txt"}' ;; # each server is a new session: nothing to undo
    find_files) call 0 accept find_files '{"pattern": "*.txt"}' ;;
    search_text) call 0 accept search_text '{"pattern": "one"}' ;;
    *) echo "no call is written for $1" && exit 1 ;;
  esac
}

for era in legacy auto modern; do
  while read -r version text_parameter; do
    workspace=$(mktemp -d "$folder/XXXX")
    printf 'one\ntwo\n' >"$workspace/a.txt"
    tools=$(inspect accept --method tools/list --strict | grep -o '"name":"[a-z_]*","title"' | cut -d '"' -f 4)
    echo "== era $era, $version:" $tools
    for tool in $tools; do call_listed_tool "$tool"; done
    # The Inspector's command line fills in no forms, so what needs a person's word is refused.
    call $is_error ask str_replace '{"path": "a.txt", "old_str": "one", "new_str": "1"}'
    test "$(cat "$workspace/a.txt")" = $'zero\none\n2'
  done <<<$'text_editor_20250728 insert_text\ntext_editor_20250124 new_str'
done
echo "every tool was listed and called in every era"
