#!/bin/bash
# build-regression-tests.sh MAJOR PREFIX
# The regression tests of PostgreSQL's own source package, built in PREFIX: pg_regress, its library and its SQL files. They
# make the database `regression`, which has most kinds of objects that there are. Nothing is installed.
# Needs: apt with a Debian mirror that has postgresql-MAJOR, gcc, make, debian-archive-keyring.
set -euo pipefail
v=$1 P=$2
A=$(mktemp -d); trap 'rm -rf "$A"' EXIT; chmod 755 "$A"; mkdir -p "$A"/{lists/partial,cache/archives/partial,parts}
# the mirror that this machine's apt already uses, and the suite that it has installed PostgreSQL from
main=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | sort -u | grep -E '/debian/?$' | head -n 1)
suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
[ -n "$main" ] && [ -n "$suite" ] || { echo "build-regression-tests: apt has no Debian source on this machine" >&2; exit 1; }
echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $main $suite main" > "$A/sources.list"
cat > "$A/apt.conf" <<C
Dir::Etc::sourcelist "$A/sources.list"; Dir::Etc::sourceparts "$A/parts";
Dir::State "$A"; Dir::State::Lists "$A/lists"; Dir::State::status "/dev/null"; Dir::Cache "$A/cache";
APT::Sandbox::User ""; Acquire::Languages "none";
C
export APT_CONFIG=$A/apt.conf
apt-get update -qq
mkdir -p "$P" "$A/source"
(cd "$A/source" && apt-get source --download-only -qq "postgresql-$v")
tar -xjf "$A"/source/*.orig.tar.bz2 -C "$P" --strip-components=1
cd "$P"
./configure --quiet --without-readline --without-zlib --without-icu > configure.log 2>&1
make -s -j2 -C src/backend generated-headers
make -s -j2 -C src/test/regress regress.so pg_regress
chmod -R a+rX "$P"
