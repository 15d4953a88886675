#!/bin/sh
# `make image`: Lantian's image under the tag that docker-compose.yml asks for. DOCKER_BUILD: options for `docker build`.
set -eu
cd "$(dirname "$0")/../.."
. deploy/container/stack.sh
version=${LANTIAN_VERSION:-0.1.0}
# the Dockerfile's default is the commonest processor
case $(docker info --format '{{.Architecture}}') in x86_64 | amd64) cpu=${LANTIAN_CPU-} ;; *) cpu=${LANTIAN_CPU:-generic} ;; esac
# shellcheck disable=SC2086 (several words are meant)
exec docker build ${DOCKER_BUILD-} --build-arg "VERSION=$version" ${cpu:+--build-arg "CPU=$cpu"} --tag "lantian/lantian:$version" .
