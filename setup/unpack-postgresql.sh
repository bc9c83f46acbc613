#!/bin/bash
# unpack-postgresql.sh MAJOR PREFIX
# PostgreSQL MAJOR (17|18|19) server and every client tool, from Debian's own packages, unpacked in PREFIX and
# made to run on this machine with their own libc. Nothing is installed; root is not needed.
# Needs: apt, dpkg, debian-archive-keyring (all in any Debian >= 12).
set -euo pipefail
v=$1 P=$2
case $v in
  17) suites=(trixie trixie-updates) sec=trixie-security ;;
  18) suites=(forky) sec= ;;
  19) suites=(sid experimental) sec= ;;
  *) echo "no such major" >&2; exit 2 ;;
esac
A=$(mktemp -d); trap 'rm -rf "$A"' EXIT; chmod 755 "$A"; mkdir -p "$P" "$A"/{lists/partial,cache/archives/partial,parts,tool}
k='[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]'
# the mirror that this machine's apt already uses
mirror() { apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | sort -u | grep -E "/$1/?\$" | head -n 1; }
main=$(mirror debian) security=$(mirror debian-security)
[ -n "$main" ] || { echo "unpack-postgresql: apt has no Debian source on this machine" >&2; exit 1; }
for s in "${suites[@]}"; do echo "deb $k $main $s main"; done > "$A/sources.list"
[ -z "$sec" ] || [ -z "$security" ] || echo "deb $k $security $sec main" >> "$A/sources.list"
cat > "$A/apt.conf" <<C
Dir::Etc::sourcelist "$A/sources.list"; Dir::Etc::sourceparts "$A/parts";
Dir::Etc::preferences "/dev/null"; Dir::Etc::preferencesparts "$A/parts";
Dir::State "$A"; Dir::State::Lists "$A/lists"; Dir::State::status "/dev/null"; Dir::Cache "$A/cache";
APT::Install-Recommends "false"; APT::Sandbox::User ""; Acquire::Languages "none";
C
# patchelf: from the machine, or from its own suite's package
command -v patchelf >/dev/null || { (cd "$A/tool" && apt-get download -qq patchelf && dpkg-deb -x patchelf_*.deb .); PATH=$PATH:$A/tool/usr/bin; }
export APT_CONFIG=$A/apt.conf
apt-get update -qq
# Unstable suites can't always install it as a whole (perl), so the list comes from the dependencies alone.
packages() { apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances "postgresql-$v" |
  grep -E "^(lib.*|zlib1g|tzdata|postgresql(-client)?-$v)\$" |
  grep -vE '^lib(llvm|z3-|perl|.*-perl|sem|sepol|db5|gdbm|debconf|c-|java|gcc-[0-9])' | sort -u; }
# libpq5 and the server are of one source: both from the suite that has this major
same() { apt-cache madison "$1" | awk -F' *[|] *' -v v="$v" '$2 ~ "^" v "[.~]" { print $2; exit }'; }
( cd "$A/cache/archives"
  list=$(packages)
  [ -n "$list" ] || { echo "unpack-postgresql: Debian has no postgresql-$v today" >&2; exit 1; }
  for p in $list; do
    case $p in
      libpq5|postgresql-*) version=$(same "$p"); echo "$p${version:+=$version}" ;;
      *) echo "$p" ;;
    esac
  done | xargs apt-get download -qq
  for d in *.deb; do dpkg-deb -x "$d" "$P"; done )
rm -rf "$P"/etc "$P"/var "$P"/usr/share/{doc,man,locale,lintian,bug,gcc,gdb} "$P"/usr/lib/postgresql/$v/lib/{llvmjit*,bitcode}
case $(dpkg --print-architecture) in
  amd64) L=$P/usr/lib/x86_64-linux-gnu loader=ld-linux-x86-64.so.2 ;;
  arm64) L=$P/usr/lib/aarch64-linux-gnu loader=ld-linux-aarch64.so.1 ;;
  *) echo "unpack-postgresql: only for amd64 and arm64" >&2; exit 1 ;;
esac
for f in "$P"/usr/lib/postgresql/$v/bin/*; do
  [ "$(head -c4 "$f" | tail -c3)" != ELF ] || patchelf --set-interpreter "$L/$loader" --force-rpath --set-rpath "$L" "$f"
done
for b in postgres initdb pg_ctl pg_dump pg_basebackup; do "$P/usr/lib/postgresql/$v/bin/$b" --version; done
