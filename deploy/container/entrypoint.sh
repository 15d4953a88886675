#!/bin/sh
# Numba takes no cache that it cannot add to, and the image cannot be written to: what it compiled is copied, 3 MB.
set -eu
if [ "$NUMBA_CPU_NAME" = x86-64-v3 ] && ! grep -q -m 1 avx2 /proc/cpuinfo; then
    echo "lantian: this image is for processors with AVX2, and this machine shows none; give a virtual machine the processor" \
        "of its host, or build with LANTIAN_CPU=x86-64 (docs/deploy.md)" >&2
    exit 2
fi
mkdir -p "$NUMBA_CACHE_DIR"
cp -a /opt/lantian/kernels/. "$NUMBA_CACHE_DIR"
exec lantian "$@"
