/** CPU of this process, ms: a machine that is shared makes a wall clock say nothing about the work. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
