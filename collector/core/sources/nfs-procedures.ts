/** Procedures in the order in which the kernel counts them in /proc/net/rpc (fs/nfs/nfs*xdr.c, include/linux/nfs4.h), as node_exporter calls them. */
export const V2 =
  'Null GetAttr SetAttr Root Lookup ReadLink Read WrCache Write Create Remove Rename Link SymLink MkDir RmDir ReadDir FsStat'.split(
    ' ',
  );
export const V3 =
  'Null GetAttr SetAttr Lookup Access ReadLink Read Write Create MkDir SymLink MkNod Remove RmDir Rename Link ReadDir ReadDirPlus FsStat FsInfo PathConf Commit'.split(
    ' ',
  );
export const V4_OF_CLIENT = [
  'Null Read Write Commit Open OpenConfirm OpenNoattr OpenDowngrade Close Setattr FsInfo Renew SetClientID',
  'SetClientIDConfirm Lock Lockt Locku Access Getattr Lookup LookupRoot Remove Rename Link Symlink Create Pathconf',
  'StatFs ReadLink ReadDir ServerCaps DelegReturn GetACL SetACL FsLocations ReleaseLockowner Secinfo FsidPresent',
  'ExchangeID CreateSession DestroySession Sequence GetLeaseTime ReclaimComplete GetDeviceInfo LayoutGet LayoutCommit',
  'LayoutReturn SecinfoNoName TestStateID FreeStateID GetDeviceList BindConnToSession DestroyClientID Seek Allocate',
  'DeAllocate LayoutStats Clone',
].flatMap((line) => line.split(' '));
/** Operations of a compound; '-' are those that node_exporter leaves out. */
export const V4_OF_SERVER = [
  '- - - Access Close Commit Create DelegPurge DelegReturn GetAttr GetFH Link Lock Lockt Locku Lookup LookupRoot',
  'Nverify Open OpenAttr OpenConfirm OpenDgrd PutFH - - Read ReadDir ReadLink Remove Rename Renew RestoreFH SaveFH',
  'SecInfo SetAttr SetClientID SetClientIDConfirm Verify Write RelLockOwner',
].flatMap((line) => line.split(' '));

/** Lines of /proc/net/rpc/nfs and nfsd by their first word; a line with anything but numbers behind it is left out. */
export function parseRpc(text: string): Map<string, number[]> {
  const lines = new Map<string, number[]>();
  for (const line of text.split('\n')) {
    const [name = '', ...fields] = line.trim().split(/\s+/);
    // th has a histogram of fractions, which newer kernels fill with zeros.
    const numbers = fields.map((field) => (/^\d+(\.\d+)?$/.test(field) ? Number(field) : Number.NaN));
    if (numbers.length > 0 && !numbers.some(Number.isNaN)) lines.set(name, numbers);
  }
  return lines;
}

/** How often each procedure was called: the first number of a line says how many follow. Procedures this kernel does not know were called 0 times; a line that contradicts itself says nothing. */
export function calls(line: readonly number[] | undefined, names: readonly string[]): (readonly [string, number])[] {
  if (line !== undefined && line[0] !== line.length - 1) return [];
  return names.flatMap((name, i) => (name === '-' ? [] : [[name, line?.[i + 1] ?? 0] as const]));
}
