#!/bin/sh
# Builds picket_VERSION_ARCH.deb from this checkout after `npm ci`: packaging/build-deb.sh [--fast] [FOLDER]
# The package carries its own Node.js and only the modules that run. --fast compresses less; FOLDER is build/ by default.
set -eu
cd "$(dirname -- "$0")/.."

compression='-Zzstd -z17'
if [ "${1:-}" = --fast ]; then
  compression='-Zzstd -z1'
  shift
fi
out=${1:-build}

fail() {
  echo "build-deb: $1" >&2
  exit 3
}
for tool in dpkg-deb strip gzip; do
  command -v "$tool" >/dev/null || fail "$tool is missing; on Debian: apt-get install dpkg-dev"
done
case $(uname -m) in
  x86_64) arch=amd64 cpu=x64 ;;
  aarch64) arch=arm64 cpu=arm64 ;;
  *) fail "there is no package for $(uname -m)" ;;
esac
runtime=node_modules/node-linux-$cpu
[ -x "$runtime/bin/node" ] || fail "run npm ci first: there is no $runtime"
PATH=$PWD/node_modules/.bin:$PATH
version=$(node -p "require('./package.json').version")
# The same source gives the same package: every file has the time of the last commit.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
umask 022
lib=$stage/usr/lib/picket
doc=$stage/usr/share/doc/picket
mkdir -p "$lib/bin" "$lib/web" "$doc/client" "$doc/docs" "$stage/DEBIAN" "$stage/etc/picket/rules.d" "$stage/usr/bin" \
  "$stage/usr/share/picket" "$stage/usr/share/man/man1" "$stage/usr/lib/systemd/system" "$stage/usr/lib/sysusers.d" \
  "$stage/usr/lib/tmpfiles.d"

# ── the program ──────────────────────────────────────────────────────────────────────────────────────
cp -r src package.json "$lib"
vite build web --outDir "$lib/web/dist" --emptyOutDir --logLevel warn
# The package has a folder of rules of its own; the program finds it where a checkout has it.
cp -r rules.d "$stage/usr/share/picket/rules.d"
ln -s ../../share/picket/rules.d "$lib/rules.d"
strip -o "$lib/bin/node" "$runtime/bin/node"
install -m 755 packaging/deb/picket "$lib/bin/picket"
ln -s ../lib/picket/bin/picket "$stage/usr/bin/picket"

# ── its modules: those of package.json "dependencies" and what they need; Node.js itself is in bin ────────────
npm ls --all --omit=dev --parseable 2>/dev/null | sed -n "s#^$PWD/##p" | grep -v '^node_modules/node-linux-' |
  while read -r module; do
    mkdir -p "$lib/$module"
    # Modules inside a module are in the list themselves.
    tar -C "$module" --exclude=./node_modules -cf - . | tar -C "$lib/$module" --no-same-owner -xf -
  done
sqlite=$lib/node_modules/better-sqlite3
find "$sqlite/prebuilds" -type f ! -name "linux-$cpu.node" -delete
# What npm may have compiled beside the prebuilt one belongs to this machine.
rm -rf "$sqlite/build" "$sqlite/deps" "$sqlite/src" "$sqlite/binding.gyp"
# Source maps, types and tests of modules are not run.
find "$lib/node_modules" -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete
find "$lib/node_modules" -type d \( -name test -o -name tests -o -name __tests__ -o -name .github \) -prune -exec rm -rf {} +

# ── configuration: packaging/picket.yaml with the four values of a system service ──────────────────────────
packaging/deb/system-config.sh packaging/picket.yaml >"$stage/etc/picket/picket.yaml"
cp packaging/deb/rules-README "$stage/etc/picket/rules.d/README"

# ── units, documentation ────────────────────────────────────────────────────────────────────────────
cp systemd/picket.service systemd/picket.socket "$stage/usr/lib/systemd/system"
cp systemd/picket.sysusers "$stage/usr/lib/sysusers.d/picket.conf"
cp systemd/picket.tmpfiles "$stage/usr/lib/tmpfiles.d/picket.conf"
cp packaging/picket-verify.py "$stage/usr/share/picket/picket-verify.py"
gzip -9nc packaging/picket.1 >"$stage/usr/share/man/man1/picket.1.gz"
cp packaging/deb/copyright "$doc/copyright"
{
  cat "$runtime/LICENSE"
  find "$lib/node_modules" -iname 'licen[cs]e*' -type f | sort | while read -r file; do
    printf '\n──── %s\n\n' "${file#"$lib/node_modules/"}"
    cat "$file"
  done
} | gzip -9nc >"$doc/third-party-licences.gz"
gzip -9nc CHANGELOG.md >"$doc/changelog.gz"
cp README.md "$doc"
cp docs/*.md "$doc/docs"
cp packaging/client/* "$doc/client"

# ── control files ─────────────────────────────────────────────────────────────────────────────────
cd "$stage"
# Normal modes, whatever the checkout has.
find . -type d -exec chmod 755 {} +
find . -type f ! -path './usr/lib/picket/bin/*' -exec chmod 644 {} +
size=$(du -sk --apparent-size --exclude=DEBIAN . | cut -f1)
cat >DEBIAN/control <<CONTROL
Package: picket
Version: $version
Architecture: $arch
Maintainer: The Picket developers <picket@localhost>
Installed-Size: $size
Section: admin
Priority: optional
Depends: libc6 (>= 2.34), libgcc-s1, libstdc++6, adduser
Recommends: systemd, openssl
Description: syslog receiver for server security audit
 Receives syslog by UDP and TCP, keeps every message byte for byte, searches
 them, matches Sigma rules on arrival and mails alerts. The web interface and
 its own Node.js are inside; no database is needed.
CONTROL
(cd etc && find picket -type f | sort | sed 's#^#/etc/#') >DEBIAN/conffiles
find usr etc -type f | LC_ALL=C sort | xargs md5sum >DEBIAN/md5sums
for script in postinst prerm postrm; do
  install -m 755 "$OLDPWD/packaging/deb/$script" DEBIAN
done
find . -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
cd "$OLDPWD"

mkdir -p "$out"
# shellcheck disable=SC2086
dpkg-deb --root-owner-group $compression --build "$stage" "$out/picket_${version}_$arch.deb" >&2
echo "$out/picket_${version}_$arch.deb"
