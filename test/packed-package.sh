#!/usr/bin/env bash
# Packs the package, installs it in an empty folder, and runs the main job with it on a server of its own.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"; [ -z "${server:-}" ] || kill "$server" 2>/dev/null || true' EXIT
(cd "$root" && npm pack --silent --pack-destination "$folder" > /dev/null)
cd "$folder"
npm init -y > /dev/null
npm install --no-audit --no-fund ./holdfast-*.tgz > /dev/null
"$root/node_modules/.bin/node" "$root/test/fixtures/serve.ts" > served & server=$!
for _ in $(seq 100); do [ -s served ] && break; sleep 0.2; done
export DATABASE_URL HOLDFAST_KEY_FILE="$folder/key"
DATABASE_URL=$(cat served)
npx --no-install holdfast --version
npx --no-install holdfast backup
npx --no-install holdfast drill
npx --no-install holdfast list --json | grep -q PROVEN
# the same without npx, on whatever Node the machine has
node node_modules/holdfast/dist/launcher.js list | grep PROVEN
# a crontab line of the packed program takes a backup and verifies it, with nothing of this shell's environment
printf 'DATABASE_URL=%s\nHOLDFAST_KEY_FILE=%s\n' "$DATABASE_URL" "$HOLDFAST_KEY_FILE" > cron.env
npx --no-install holdfast schedule --kind cron --env-file cron.env --log "$folder/cron.log" --json > schedule.json
env -i sh -c "$(node -p 'JSON.parse(fs.readFileSync("schedule.json")).entries[0].command')"
grep CHECKED cron.log
