#!/bin/sh
# Makes the image: programs of PostgreSQL, locales, authorities; and leaves a list of every package with its version.
set -eu
export DEBIAN_FRONTEND=noninteractive
here=/usr/local/share/holdfast
. /etc/os-release

install_packages() { apt-get install -y -qq --no-install-recommends "$@"; }
is_offered() { apt-cache show "$1" > /dev/null 2>&1; }

apt-get update -qq
apt-get upgrade -y -qq
install_packages ca-certificates coreutils locales-all postgresql-common zstd

# One certificate a file, as update-ca-certificates wants it. Node trusts them for PostgreSQL only: for AWS it has authorities of its own.
for file in "$here"/authorities/*.pem; do
  name=$(basename "$file" .pem)
  awk -v to="/usr/local/share/ca-certificates/$name" '/BEGIN CERT/ { n++; on = 1 } on { print > (to "-" n ".crt") } /END CERT/ { on = 0 }' "$file"
done
update-ca-certificates

if [ -n "$POSTGRESQL_REPOSITORY" ]; then
  printf 'Types: deb\nURIs: %s\nSuites: %s-pgdg\nComponents: main\nSigned-By: %s\n' \
    "$POSTGRESQL_REPOSITORY" "$VERSION_CODENAME" "$here/apt.postgresql.org.asc" > /etc/apt/sources.list.d/postgresql.sources
  apt-get update -qq
fi

# A package would start a server of its own.
printf 'create_main_cluster = false\n' > /etc/postgresql-common/createcluster.conf
wanted='' missing=''
for major in $POSTGRESQL_MAJORS; do
  wanted="$wanted postgresql-$major postgresql-client-$major"
  for package in "postgresql-plperl-$major" "postgresql-pltcl-$major" $(printf "postgresql-$major-%s " $POSTGRESQL_EXTENSIONS); do
    if is_offered "$package"; then wanted="$wanted $package"; else missing="$missing $package"; fi
  done
done
# shellcheck disable=SC2086
install_packages $wanted
printf '%s\n' $missing > "$here/missing.txt"
[ -z "$missing" ] || echo "not offered, and so left out:$missing"

# A task installs nothing and becomes nobody else.
rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn* /opt/yarn*
find / -xdev -type f -perm /6000 -exec chmod a-s {} +
# Who may run a program and not read it can't look into it: the kernel shows its environment to root alone (prctl(2), PR_SET_DUMPABLE). A drill's
# server runs as the same user as Node, whose environment has the way to the task's credentials.
node=$(readlink -f "$(command -v node)")
chown root:root "$node"
chmod 711 "$node"
rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/log/* /tmp/*
chmod 1777 /tmp
dpkg-query -W -f '${Package}\t${Version}\n' > "$here/packages.tsv"
