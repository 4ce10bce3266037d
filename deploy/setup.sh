#!/bin/sh
# Made at first start, kept afterwards: an authority, certificates for the core and the relays, the password of the page, a token
# for programs that push. Run again it renews certificates that end within thirty days, and hands on the deny list:
#   docker compose -f deploy/compose.yaml run --rm setup
set -eu
umask 027
# Another root, for a test.
ROOT=${ROOT:-}
export ROOT

heliograph ca init --dir "$ROOT/ca"

# What ends within thirty days is made anew. The tiers see new files within seconds.
good() {
  [ -f "$ROOT/ca/$1.pem" ] && node -e '
    const { X509Certificate } = require("node:crypto");
    const { validToDate } = new X509Certificate(require("node:fs").readFileSync(process.argv[1]));
    process.exit(validToDate.getTime() > Date.now() + 30 * 86_400_000 ? 0 : 1);' "$ROOT/ca/$1.pem"
}

# give NAME ROLE HOST...: a certificate, and the files its tier may see.
give() {
  name=$1 role=$2 to=$ROOT/tls/$1
  shift 2
  if ! good "$name"; then heliograph ca issue "$name" --role "$role" --host "$@" --days 365 --dir "$ROOT/ca"; fi
  touch "$ROOT/ca/revoked.txt"
  # The key before the certificate that belongs to it, each under its name at once.
  for file in ca.pem revoked.txt "$name.key" "$name.pem"; do
    cp "$ROOT/ca/$file" "$to/.$file" && chmod 0640 "$to/.$file" && mv "$to/.$file" "$to/$file"
  done
}

# RELAY_HOSTS: the names under which collectors reach the relays, with blanks between. It is meant to come apart at them.
# shellcheck disable=SC2086
give relay-1 relay relay-1 localhost ${RELAY_HOSTS:-}
# shellcheck disable=SC2086
give relay-2 relay relay-2 localhost ${RELAY_HOSTS:-}
# CORE_HOSTS: the same for programs that push into the core.
# shellcheck disable=SC2086
give core-1 core core localhost ${CORE_HOSTS:-}

# It comes last below: when it is there, all of them are.
if [ ! -f "$ROOT/proxy-secrets/page.htpasswd" ]; then
  node -e '
    const { createHash, randomBytes } = require("node:crypto");
    const { writeFileSync } = require("node:fs");
    const write = (file, text, mode) => writeFileSync(`${process.env.ROOT}${file}`, text, { mode });
    const secret = () => randomBytes(18).toString("base64url");
    const [password, key, salt] = [secret(), secret(), randomBytes(8)];
    write("/secrets/page.password", `${password}\n`, 0o640);
    write("/secrets/aws.credentials", `[default]\naws_access_key_id = heliograph\naws_secret_access_key = ${key}\n`, 0o640);
    const actions = ["Admin", "Read", "Write", "List", "Tagging"];
    const credentials = [{ accessKey: "heliograph", secretKey: key }];
    write("/s3-secrets/s3.json", JSON.stringify({ identities: [{ name: "heliograph", credentials, actions }] }), 0o644);
    // The form that nginx knows by itself; of a random password of 144 bits a fast hash is no weakness.
    const hash = createHash("sha1").update(password).update(salt).digest();
    const line = `heliograph:{SSHA}${Buffer.concat([hash, salt]).toString("base64")}\n`;
    write("/proxy-secrets/page.htpasswd", line, 0o644);'
fi
chmod 0644 "$ROOT/proxy-secrets/page.htpasswd" "$ROOT/s3-secrets/s3.json"

if [ ! -f "$ROOT/secrets/push.token" ]; then
  heliograph token create apps --scope ingest:metrics ingest:logs --days 365 --data "$ROOT/var/lib/heliograph" > "$ROOT/secrets/.push.token"
  mv "$ROOT/secrets/.push.token" "$ROOT/secrets/push.token"
fi

echo "The page: http://localhost:${PAGE_PORT:-9470}, user heliograph, password $(cat "$ROOT/secrets/page.password")"
