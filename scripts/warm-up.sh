# What most scripts do: the functions that this calls are in the cache of compiled code (scripts/build.mjs).
f() {
  local x="$1" y
  y=${x#a}
  y=${x%%b*}
  case "$y" in a*) echo "$y" ;; *) printf '%s %d\n' "$x" 1 ;; esac
  return 0
}
i=0 t=0
while [ "$i" -lt 3 ]; do i=$((i + 1)) t=$((t * 2 + i % 3)); f "$i" | cat; done
for w in a "b c" $(echo d); do [ "$w" = d ] && test -n "$w" || :; done
while read -r a b; do set -- $a $b; shift; done <<X
a b
$(ls / | cut -c1)
X
(cd /tmp; x=1 sh -c 'exit 0'; eval 'y=$x') >/dev/null 2>&1 &
wait $!
if ! false; then trap : EXIT; fi
true
{ ls -l /; echo "${i:-x}" ${#i} /bin/ca*; } >/tmp/out
echo ":" >/tmp/script
. /tmp/script </dev/null
rm /tmp/out /tmp/script

# Programs that scripts call in loops.
printf '%s\n' "b 2" "a 1" >/tmp/in
sed 's/a/x/;s/\(x\) .*/\1/' /tmp/in | tr a-z A-Z | sort | uniq -c | head -n 1
grep -c 'b.*2' /tmp/in && grep -v -F a /tmp/in
cat /tmp/in | wc -l; basename /tmp/in; dirname /tmp/in; expr 1 + 2
x=$(/bin/echo a); [ "$x" = a ] || exit 1
cat <<X
$x $((i * 3))
X
find /tmp -name 'i*' -type f | xargs echo
awk '{ n += $2 } END { print n }' /tmp/in
printf '#!/bin/sh\n. /tmp/lib\necho "$1"\n' >/tmp/s; echo 'g() { :; }' >/tmp/lib; chmod 755 /tmp/s; /tmp/s 1
for j in 1 2; do (exit "$j") & p=$!; done; wait "$p"
mkdir -p /tmp/d/e; cp /tmp/in /tmp/d; mv /tmp/d/in /tmp/d/e; touch /tmp/d/f; rm -r /tmp/d
test -f /tmp/in -a -r /tmp/in; rm /tmp/in /tmp/s /tmp/lib

# The same on a folder of the host.
printf '#!/bin/sh\n. /mnt/lib\ng "$1"\n' >/mnt/s; echo 'g() { echo "$1"; }' >/mnt/lib; chmod 755 /mnt/s
/mnt/s 1; /mnt/s 2; (cd /mnt && find . -name 's*' -exec grep -l lib {} \; | head -n 1); ls -l /mnt
head -n 2 /mnt/s | while read -r a b c; do set -- "$a" "$b"; done
while IFS= read -r l; do i=${#l}; done </mnt/s
printf '1\n2\n' | xargs -n 1 echo; cat /mnt/lib >/mnt/out; rm /mnt/*
i=0; while [ "$i" -lt 3 ]; do i=$((i + 1)); read -r a b <<X; done
$i b
X

# Programs that are loaded apart: their own cache holds what these call.
echo /media/bivy/apks >/etc/apk/repositories
apk update
apk policy bivy-openrc
apk search -q 'bivy*'
apk list | wc -l
apk info
apk version -t 1.0-r0 1.1-r0
apk add bivy-openrc
apk audit | wc -l
apk del bivy-openrc
mkdir -p /tmp/root/etc/apk
apk add -q --root /tmp/root --initdb --allow-untrusted --no-network --no-scripts
apk add --root /tmp/root --allow-untrusted --no-network --no-progress --no-scripts -X /media/bivy/apks bivy-base
apk --root /tmp/root info | sort | head -n 1
