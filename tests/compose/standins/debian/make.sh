#!/bin/sh
# A Debian root as the image debian:trixie-slim holds it, as a tar on standard output:
# make.sh SUITE ARCHIVE CERTIFICATES. Certificates are the machine's: behind a proxy of its own, pip asks for them.
set -eu
suite=$1 archive=$2 certificates=$3
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"

debootstrap --variant=minbase "$suite" "$root" "$archive" >&2
# What Debian's slim images leave out, of these packages and of those to come.
cat >"$root/etc/dpkg/dpkg.cfg.d/slim" <<'SLIM'
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/info/*
path-exclude /usr/share/locale/*
path-include /usr/share/locale/locale.alias
path-exclude /usr/share/man/*
path-exclude /usr/share/lintian/*
SLIM
printf 'APT::Keep-Downloaded-Packages "false";\nAcquire::Languages "none";\n' >"$root/etc/apt/apt.conf.d/slim"
find "$root/usr/share/doc" ! -type d ! -name copyright -delete
find "$root/usr/share/doc" -type d -empty -delete
find "$root/usr/share/locale" -mindepth 1 -maxdepth 1 ! -name locale.alias -exec rm -rf {} +
rm -rf "$root"/usr/share/info/* "$root"/usr/share/man/* "$root"/usr/share/lintian/* \
    "$root"/var/cache/apt/archives/*.deb "$root"/var/cache/apt/*.bin "$root"/var/lib/apt/lists/* "$root"/var/log/*.log \
    "$root"/var/cache/debconf/*-old "$root"/dev/*
install -D -m 644 "$certificates" "$root/etc/ssl/machine.crt"
tar -C "$root" --numeric-owner -cf - .
