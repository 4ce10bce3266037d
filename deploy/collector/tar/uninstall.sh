#!/bin/sh
# Takes the collector away again; configuration, certificate and spool only with --purge. As root.
set -eu

NAME=heliograph-collector
STATE=@STATE@
case ${1:-} in
'' | --purge) ;;
*) echo "usage: sh uninstall.sh [--purge]" >&2; exit 2 ;;
esac
if [ "$(id -u)" != 0 ]; then
	echo "uninstall.sh: run it as root" >&2
	exit 1
fi
if [ -x /etc/init.d/$NAME ]; then
	/etc/init.d/$NAME stop || true
	/etc/init.d/$NAME disable || true
fi
if [ -d /run/systemd/system ]; then systemctl disable --now $NAME || true; fi
rm -f /etc/init.d/$NAME /usr/lib/systemd/system/$NAME.service /usr/bin/heliograph
rm -rf /usr/share/doc/$NAME /usr/lib/$NAME
if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
if [ "${1:-}" = --purge ]; then
	rm -rf /etc/$NAME "$STATE"
	if command -v userdel > /dev/null; then
		userdel $NAME || true
		if grep -q "^$NAME:" /etc/group; then groupdel $NAME || true; fi
	elif command -v deluser > /dev/null; then
		deluser $NAME || true
	else
		# OpenWrt has neither.
		sed -i "/^$NAME:/d" /etc/passwd /etc/group
		[ ! -e /etc/shadow ] || sed -i "/^$NAME:/d" /etc/shadow
	fi
fi
