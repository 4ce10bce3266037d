#!/bin/sh
# Installs the collector from the folder that this file is in. As root: sh install.sh [--root FOLDER]
# With --root it only lays the files, below a folder: for images.
set -eu

NAME=heliograph-collector
STATE=@STATE@
root=
while [ $# -gt 0 ]; do
	case $1 in
	--root) root=${2:?"--root wants a folder"}; shift ;;
	*) echo "usage: sh install.sh [--root FOLDER]" >&2; exit 2 ;;
	esac
	shift
done
here=$(cd "$(dirname "$0")" && pwd)
if [ -z "$root" ] && [ "$(id -u)" != 0 ]; then
	echo "install.sh: it makes a user and writes to /usr and /etc: run it as root" >&2
	exit 1
fi
if [ -z "$root" ] && command -v rpm > /dev/null && rpm -q $NAME > /dev/null 2>&1; then
	echo "install.sh: $NAME is here as an RPM package: upgrade that, or remove it first" >&2
	exit 1
fi
if [ -e "$root/var/lib/dpkg/info/$NAME.list" ]; then
	echo "install.sh: $NAME is here as a Debian package: upgrade that, or remove it first" >&2
	exit 1
fi

# Stopped while its files change; what it read is in the spool.
if [ -z "$root" ] && [ -d /run/systemd/system ]; then systemctl stop $NAME 2> /dev/null || true; fi
if [ -z "$root" ] && [ -x /etc/init.d/$NAME ]; then /etc/init.d/$NAME stop || true; fi

# The program whole, so that nothing of an earlier one stays.
rm -rf "$root/usr/lib/$NAME"
(cd "$here/files" && find . -type d | while read -r folder; do mkdir -p "$root/$folder"; done)
(cd "$here/files" && find . -type f ! -path "./etc/$NAME/*" | while read -r file; do
	# Beside it first: a program that runs cannot be written over.
	cp -p "$file" "$root/$file.new" && mv -f "$root/$file.new" "$root/$file"
done)
config=etc/$NAME/collector.yaml
if [ ! -e "$root/$config" ]; then
	cp -p "$here/files/$config" "$root/$config"
elif ! cmp -s "$here/files/$config" "$root/$config"; then
	cp -p "$here/files/$config" "$root/$config.new"
	echo "install.sh: your /$config stays; this version's is beside it, collector.yaml.new"
fi
for file in "$here"/files/etc/$NAME/*; do
	target=$root/etc/$NAME/${file##*/}
	[ -e "$target" ] || cp -p "$file" "$target"
done
[ -z "$root" ] || exit 0

if ! grep -q "^$NAME:" /etc/passwd; then
	if [ -e /lib/functions.sh ]; then
		# OpenWrt's own way.
		# shellcheck disable=SC1091
		. /lib/functions.sh
		group_add_next $NAME > /dev/null
		gid=$(sed -n "s/^$NAME:[^:]*:\([0-9]*\):.*/\1/p" /etc/group)
		user_add $NAME "" "$gid" "Heliograph collector" "$STATE" /bin/false > /dev/null
	elif command -v useradd > /dev/null; then
		grep -q "^$NAME:" /etc/group || groupadd --system $NAME
		shell=/usr/sbin/nologin
		[ -x $shell ] || shell=/bin/false
		useradd --system --gid $NAME --home-dir "$STATE" --no-create-home --shell $shell --comment "Heliograph collector" $NAME
	else
		grep -q "^$NAME:" /etc/group || addgroup -S $NAME
		adduser -S -D -H -h "$STATE" -s /bin/false -G $NAME $NAME
	fi
fi
for group in adm systemd-journal; do
	if grep -q "^$group:" /etc/group && command -v usermod > /dev/null; then usermod -a -G $group $NAME; fi
done
mkdir -p "$STATE"
chown $NAME:$NAME "$STATE"
chmod 0750 "$STATE"
chown -R root:$NAME /etc/$NAME
chmod 0750 /etc/$NAME
chmod 0640 /etc/$NAME/collector.yaml
if [ -e /etc/init.d/$NAME ]; then
	/etc/init.d/$NAME enable
	/etc/init.d/$NAME start
elif [ -d /run/systemd/system ]; then
	systemctl daemon-reload
	systemctl enable --now $NAME
fi
[ -e /etc/$NAME/collector.pem ] || echo "install.sh: put a certificate into /etc/$NAME to start it; /usr/share/doc/$NAME/README says how"
echo "install.sh: installed; /usr/lib/$NAME/uninstall.sh [--purge] takes it away"
