#!/usr/bin/env bash
# Pins every dependency with its hashes, for all platforms, into the four locks. Needs `uv` on the PATH.
set -euo pipefail
cd "$(dirname "$0")/.."

# Machines differ in which build of torch they hold, and each build has other hashes and other companions.
outside=(torch triton cuda-bindings cuda-pathfinder cuda-toolkit)
for part in cublas cuda-cupti cuda-nvrtc cuda-runtime cudnn-cu13 cufft cufile curand cusolver cusparse \
            cusparselt-cu13 nccl-cu13 nvjitlink nvshmem-cu13 nvtx; do
    outside+=("nvidia-$part")
done
skip=()
for name in "${outside[@]}"; do skip+=(--no-emit-package "$name"); done

pin() {
    uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
        --quiet "${skip[@]}" "$@"
}

all=$(mktemp) versions=$(mktemp)
trap 'rm -f "$all" "$versions"' EXIT
# The largest set first; the others take their versions from it.
pin --extra dev --extra training --extra bench --output-file "$all"
sed -nE 's/^([A-Za-z0-9_.-]+==[^\\]*[^ \\]) *\\?$/\1/p' "$all" > "$versions"
pin --extra dev --extra training --constraint "$versions" --output-file requirements-training.lock
pin --extra dev --extra bench --constraint "$versions" --output-file requirements-bench.lock
pin --extra dev --constraint "$versions" --output-file requirements-dev.lock
pin --constraint "$versions" --output-file requirements.lock
