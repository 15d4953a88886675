# Read by the scripts beside it: which stack they are about.

# what .env says of the variables that are not set, as Compose itself takes it
for name in LANTIAN_CONFIGURATION LANTIAN_CPU LANTIAN_SECRETS LANTIAN_VERSION; do
    if [ -f .env ] && eval "[ -z \"\${$name-}\" ]"; then
        value=$(sed -n "s/^$name=//p" .env | tail -n 1 | sed -e "s/^[\"']//" -e "s/[\"']\$//")
        [ -z "$value" ] || export "$name=$value"
    fi
done

folder=${LANTIAN_SECRETS:-./secrets}
secrets() { sed -n '/^secrets:/,$ s/^  \([a-z-]*\): {file: .*/\1/p' docker-compose.yml; }
