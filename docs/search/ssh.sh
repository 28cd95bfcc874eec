#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A search on computers that ssh reaches: bash docs/search/ssh.sh HOST ..., in the project's folder. Each has
# tinyml-toolkit[train,search,zig,emulate] in ~/tinyml, and the database's password in its ~/.pgpass.
set -euo pipefail

for host in "$@"; do
  ssh "$host" mkdir -p search
  rsync --archive --delete --exclude build ./ "$host:search/"
  # nohup: the worker goes on when the line closes. search.txt says how far it is.
  ssh "$host" 'cd search && . ~/tinyml/bin/activate && (nohup \
    tinyml search --board nano33ble --max-ram 64k --max-latency 100ms --time 8h \
    --storage postgresql://me@database.example/searches > search.txt 2>&1 < /dev/null &)'
done
