#!/bin/sh
# Numba takes no cache that it cannot add to, and the image cannot be written to: what it compiled is copied, 3 MB.
set -eu
mkdir -p "$NUMBA_CACHE_DIR"
cp -a /opt/lantian/kernels/. "$NUMBA_CACHE_DIR"
exec lantian "$@"
