#!/bin/sh
# `make compose-up`: the stack of docker-compose.yml, or what is missing before it can run. Profiles: those named, or all.
set -eu
cd "$(dirname "$0")/../.."
refuse() { echo "compose-up: $1; what to do: $2" >&2; exit 1; }

docker compose version >/dev/null 2>&1 || refuse "there is no Docker Compose v2" "install Docker with its compose plugin"
docker info >/dev/null 2>&1 || refuse "no Docker engine answers" "start it, or join the group that may use it"
folder=${LANTIAN_SECRETS:-./secrets}
for name in $(sed -n '/^secrets:/,$ s/^  \([a-z-]*\): {file: .*/\1/p' docker-compose.yml) kafka.env; do
    [ -s "$folder/$name" ] || refuse "the secret $folder/$name is missing" "run \`make secrets\`"
done
options=
for profile in ${*:-core metrics dashboards}; do options="$options --profile $profile"; done
# shellcheck disable=SC2086 (several words are meant)
exec docker compose $options up --detach --wait --wait-timeout 300
