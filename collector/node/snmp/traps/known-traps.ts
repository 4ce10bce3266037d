/** snmpTraps of SNMPv2-MIB and IF-MIB; the names that events have. */
const NAMES: Readonly<Record<string, string>> = {
  '1.3.6.1.6.3.1.1.5.1': 'coldStart',
  '1.3.6.1.6.3.1.1.5.2': 'warmStart',
  '1.3.6.1.6.3.1.1.5.3': 'linkDown',
  '1.3.6.1.6.3.1.1.5.4': 'linkUp',
  '1.3.6.1.6.3.1.1.5.5': 'authenticationFailure',
  '1.3.6.1.6.3.1.1.5.6': 'egpNeighborLoss',
};
const SNMP_TRAPS = '1.3.6.1.6.3.1.1.5';
const ENTERPRISE_SPECIFIC = 6;

/** The name of a trap that everybody knows; null: it is a vendor's own. */
export function trapName(oid: string): string | null {
  return NAMES[oid] ?? null;
}

/** The OID of a trap of version 1, as RFC 3584, 3.1 makes it of enterprise, generic and specific number. */
export function version1Oid(enterprise: string, generic: number, specific: number): string {
  return generic === ENTERPRISE_SPECIFIC ? `${enterprise}.0.${specific}` : `${SNMP_TRAPS}.${generic + 1}`;
}

/** Columns whose values get a name in the event; others stand under their OID. */
const COLUMNS: Readonly<Record<string, string>> = {
  '1.3.6.1.2.1.2.2.1.1': 'ifIndex',
  '1.3.6.1.2.1.2.2.1.2': 'ifDescr',
  '1.3.6.1.2.1.2.2.1.3': 'ifType',
  '1.3.6.1.2.1.2.2.1.7': 'ifAdminStatus',
  '1.3.6.1.2.1.2.2.1.8': 'ifOperStatus',
  '1.3.6.1.2.1.31.1.1.1.1': 'ifName',
  '1.3.6.1.2.1.31.1.1.1.18': 'ifAlias',
  '1.3.6.1.2.1.1.5': 'sysName',
  '1.3.6.1.2.1.1.1': 'sysDescr',
};

/** What a value of a trap is called: `ifIndex`, or its OID. */
export function variableName(oid: string): string {
  return COLUMNS[oid.slice(0, oid.lastIndexOf('.'))] ?? oid;
}
