#!/bin/sh
# `make compose-up`: the stack of docker-compose.yml, or what is missing before it can run. Profiles: those named, or all.
set -eu
cd "$(dirname "$0")/../.."
refuse() { echo "compose-up: $1; what to do: $2" >&2; exit 1; }

docker compose version >/dev/null 2>&1 || refuse "there is no Docker Compose v2" "install Docker with its compose plugin"
docker info >/dev/null 2>&1 || refuse "no Docker engine answers" "start it, or join the group that may use it"
. deploy/container/stack.sh
for name in $(secrets) kafka.env; do
    [ -s "$folder/$name" ] || refuse "the secret $folder/$name is missing" "run \`make secrets\`"
done
closed=$(find deploy "${LANTIAN_CONFIGURATION:-deploy}" ! -perm -004 ! -name '*.pyc' | head -n 1)
[ -z "$closed" ] || refuse "$closed is closed to the containers' users" "chmod -R a+rX deploy, and your configuration"
# made by tests where no registry could be reached; LANTIAN_TEST_STAND_INS=1 is theirs
for image in $(sed -n 's/^    image: \([a-z].*[0-9]\)$/\1/p' docker-compose.yml); do
    made=$(docker image inspect --format '{{index .Config.Labels "lantian.stand-in.for"}}' "$image" 2>/dev/null) || continue
    [ "$made" != "$image" ] || [ -n "${LANTIAN_TEST_STAND_INS-}" ] ||
        refuse "$image is no real image, but one that tests made" "docker pull $image"
done
options=
for profile in ${*:-core metrics dashboards}; do options="$options --profile $profile"; done
# shellcheck disable=SC2086 (several words are meant)
exec docker compose $options up --detach --wait --wait-timeout 300
