#!/usr/bin/env bash
# Gives the simulation what a shop needs: wallets to lend from, a client of the API, a person with a balance.
# Runs at every start; once it has succeeded it only hands out the API key again.
set -euo pipefail
reason=(--actor setup --reason "first start")
if [ ! -f /data/seeded ]; then
  number=0
  for key in /tron-sim/suppliers/*.key; do
    number=$((number + 1))
    energyctl supplier add --key-file "$key" "${reason[@]}" --key "seed-supplier-$number"
  done
  if [ ! -s /data/demo-client.json ]; then
    energyctl client create --name demo --json "${reason[@]}" >/data/demo-client.json.new
    mv /data/demo-client.json.new /data/demo-client.json
  fi
  customer=$(sed -n 's/.*"customer":"\([^"]*\)".*/\1/p' /data/demo-client.json)
  energyctl credit --customer "$customer" --trx 1000 "${reason[@]}" --key seed-credit-rest
  energyctl credit --telegram-user "$DEMO_USER" --trx 1000 "${reason[@]}" --key seed-credit-telegram
  curl -fsS -m 5 -o /dev/null -X POST -H 'content-type: application/json' \
    -d "{\"user_id\":$DEMO_USER,\"first_name\":\"Ann\",\"language_code\":\"en\"}" "$TELEGRAM_SIM_URL/sim/chats"
  touch /data/seeded
fi
sed -n 's/.*"api_key":"\([^"]*\)".*/\1/p' /data/demo-client.json >/demo-api-key
