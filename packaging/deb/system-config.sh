#!/bin/sh
# packaging/picket.yaml on standard output with the values of a system service in force: the data folder, ports 514 and
# 2514 and the two folders of rules. Fails when the file has lost one of the lines.
set -eu
template=$1

# Each line of `changes`: the commented line of the template, a TAB, what stands there instead. A line may stand twice.
changes=$(
  printf '%s\t%s\n' \
    '#dataDir: "./data"' 'dataDir: /var/lib/picket' \
    '#receive:' 'receive:' \
    '#  udp:' '  udp:' \
    '#  tcp:' '  tcp:' \
    '#  relp:' '  relp:' \
    '#    port: 5520' '    port: 2514' \
    '#    port: 5514' '    port: 514' \
    '#rules:' 'rules:' \
    '#  dirs: []' '  dirs: [/usr/share/picket/rules.d, /etc/picket/rules.d]'
)
printf '%s\n' "$changes" | awk -F '\t' '
  NR == FNR { to[$1] = $2; next }
  $0 in to { print to[$0]; used[$0] = 1; if ($0 ~ /port: 5514/) ports++; next }
  { print }
  END {
    for (line in to) if (!(line in used)) { print "system-config: the template has no line " line > "/dev/stderr"; exit 1 }
    if (ports != 2) { print "system-config: the template has " ports " lines with port 5514, not 2" > "/dev/stderr"; exit 1 }
  }
' - "$template" | sed 's/^# Configuration of Picket: every option with its default\. To change one, remove/# Configuration of Picket: every option with its default; in force are those without a #. To change one, remove/'
