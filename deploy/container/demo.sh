#!/bin/sh
# The demonstration on a stack of docker-compose.yml of its own, emptied first: Docker with Compose v2 is all it needs.
#
# ONCE=1 ends when the story is told; DOCKER_BUILD: options for `docker build`; LANTIAN_VERSION: the images' tag. Whatever
# else the caller's environment and .env name belongs to another stack, and is not looked at.
set -eu
cd "$(dirname "$0")/../.."
project=lantian-demo
folder=.local/demo-containers
teller=$project-teller
tag=${LANTIAN_VERSION:-demo}
options=${DOCKER_BUILD:-}
once=${ONCE:-}
for name in $(env | sed -n -e 's/^\(COMPOSE_[A-Z_]*\)=.*/\1/p' -e 's/^\(LANTIAN_[A-Z_]*\)=.*/\1/p'); do unset "$name"; done

say() { echo "demo: $1" >&2; }
refuse() { say "$1; what to do: $2"; exit 1; }
compose() { docker compose --env-file "$folder/compose.env" "$@" </dev/null; }
quietly() { compose --progress quiet "$@"; }
empty() {
    mine="--filter label=com.docker.compose.project=$project"
    # shellcheck disable=SC2086 (two words)
    [ -z "$(docker ps --all --quiet $mine; docker volume ls --quiet $mine; docker network ls --quiet $mine)" ] ||
        quietly --profile "*" down --volumes --remove-orphans >&2
}

end() {
    status=$?
    trap '' INT TERM HUP
    trap - EXIT
    if [ "$status" -ne 0 ] && compose --profile "*" logs --no-color >"$folder/log.txt" 2>&1; then
        say "what the containers said is in $folder/log.txt"
    fi
    say "ending Mosquitto, Kafka, TimescaleDB and the processes"
    empty
    exit "$status"
}

docker compose version >/dev/null 2>&1 || refuse "there is no Docker Compose v2" "install Docker with its compose plugin"
docker info >/dev/null 2>&1 || refuse "no Docker engine answers" "start it, or join the group that may use it"

rm -rf "$folder"
mkdir -p "$folder"
LANTIAN_SECRETS=$folder/secrets deploy/container/secrets.sh >/dev/null
cat >"$folder/compose.env" <<END
COMPOSE_PROJECT_NAME=$project
COMPOSE_FILE=docker-compose.yml:deploy/container/demo.yml
COMPOSE_PATH_SEPARATOR=:
LANTIAN_VERSION=$tag
LANTIAN_SECRETS=./$folder/secrets
LANTIAN_CONFIGURATION=./deploy/container/demo
LANTIAN_PUBLISH_MQTT=127.0.0.1:
LANTIAN_PUBLISH_POSTGRES=127.0.0.1:
LANTIAN_PUBLISH_CONSOLE=127.0.0.1:
END
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
empty

say "building the images; the first time that takes some minutes"
make --no-print-directory image LANTIAN_VERSION="$tag" DOCKER_BUILD="$options" >&2
# shellcheck disable=SC2086 (several words are meant)
docker build $options --build-arg VERSION="$tag" --tag "lantian/teller:$tag" \
    --file deploy/container/demo.Dockerfile . >&2

compose --profile core pull --policy missing mosquitto kafka postgres >&2

began=$(date +%s)
say "starting Mosquitto, Kafka and TimescaleDB, empty"
quietly run --rm -T prepare >/dev/null
quietly run --rm -T tools demo begin >>"$folder/compose.env"
quietly up --detach --no-deps mosquitto ingest aggregate alerts console >&2
told=0
quietly run -T --name "$teller" teller demo tell --since "$began" --pictures-at "$PWD/$folder" || told=$?
docker cp "$teller:/var/lib/lantian/demo/." "$folder" >/dev/null 2>&1 || say "there are no pictures"
docker rm --force "$teller" >/dev/null

if [ -z "$once" ] && [ -t 1 ]; then
    cat <<END

The stack runs on. Operators' page: http://$(compose --profile core port console 9480). In another terminal:
  alias lantian='docker compose --env-file $folder/compose.env run --rm tools'
  lantian status            # servers and processes
  lantian alerts list       # what an operator sees
  lantian stations list     # who reports
  lantian ledger            # nothing lost, nothing twice
Ctrl-C ends it.
END
    trap 'exit "$told"' INT TERM HUP
    while :; do sleep 1; done
fi
exit "$told"
