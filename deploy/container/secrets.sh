#!/bin/sh
# `make secrets`: a password of its own for everyone who has one, as files in ./secrets; what is there stays.
#
# The folder is closed to everybody else on this machine. The files in it are not: every container has another user, and
# sees the files it is given alone.
set -eu
cd "$(dirname "$0")/../.."
. deploy/container/stack.sh
mkdir -p "$folder"
chmod 700 "$folder"

made=0
for name in $(secrets); do
    if [ ! -s "$folder/$name" ]; then
        head -c 24 /dev/urandom | base64 | tr '+/' '-_' >"$folder/$name.partial"
        chmod 444 "$folder/$name.partial"
        mv "$folder/$name.partial" "$folder/$name"
        made=$((made + 1))
    fi
done
# Which Kafka it is: the database keeps how far each consumer came by this id. A random UUID as Kafka writes them.
if [ ! -s "$folder/kafka.env" ]; then
    echo "CLUSTER_ID=L$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | cut -c 1-20)A" >"$folder/kafka.env"
    made=$((made + 1))
fi
echo "secrets: $made made, $(ls "$folder" | wc -l) in $folder; keep a copy where only you can read it"
