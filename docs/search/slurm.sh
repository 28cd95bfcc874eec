#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A search on a cluster with Slurm: sbatch docs/search/slurm.sh, in the project's folder. 16 workers share one study.
# The password of the database stands in ~/.pgpass. SIGTERM a minute before the end gives the candidate back.
#SBATCH --job-name=tinyml-search
#SBATCH --array=1-16
#SBATCH --cpus-per-task=2
#SBATCH --mem=4G
#SBATCH --time=08:10:00
#SBATCH --signal=TERM@60
#SBATCH --requeue
set -euo pipefail

source "$HOME/tinyml/bin/activate"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp -r "$SLURM_SUBMIT_DIR/." "$folder"
cd "$folder"

# exec would leave the folder behind; srun passes the signal on.
srun tinyml search --board nano33ble --max-ram 64k --max-latency 100ms --time 8h \
  --storage postgresql://me@database.cluster/searches
