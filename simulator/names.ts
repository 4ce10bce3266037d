/** Names of simulated hosts: sim-0001 ... */
export function simulatedName(number: number): string {
  return `sim-${String(number + 1).padStart(4, '0')}`;
}
