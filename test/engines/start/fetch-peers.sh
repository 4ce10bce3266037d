#!/usr/bin/env bash
# Debian's collectd, node_exporter, vmagent and syslog-ng, unpacked and not installed, for the benchmarks that run them beside us.
# Prints COLLECTD_ROOT=…, NODE_EXPORTER=…, VMAGENT=… and SYSLOG_NG_ROOT=…
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
deb_unpack collectd-core "$ENGINES_HOME/collectd-deb"
deb_unpack prometheus-node-exporter "$ENGINES_HOME/node-exporter-deb"
deb_unpack victoria-metrics "$ENGINES_HOME/victoria-metrics-deb"
deb_unpack syslog-ng-core "$ENGINES_HOME/syslog-ng-deb"
# Libraries of syslog-ng that a machine without it does not have.
for library in libivykis0 libnet1 libpcre3; do
  deb_unpack "$library" "$ENGINES_HOME/$library-deb"
  find "$ENGINES_HOME/$library-deb" -name 'lib*.so.*' -exec cp -n -t "$ENGINES_HOME/syslog-ng-deb/usr/lib/syslog-ng/" {} +
done
echo "COLLECTD_ROOT=$ENGINES_HOME/collectd-deb"
echo "NODE_EXPORTER=$ENGINES_HOME/node-exporter-deb/usr/bin/prometheus-node-exporter"
echo "VMAGENT=$ENGINES_HOME/victoria-metrics-deb/usr/bin/vmagent"
echo "SYSLOG_NG_ROOT=$ENGINES_HOME/syslog-ng-deb"
