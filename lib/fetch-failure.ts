/** Why a `fetch` failed, in words: it hides that one level deeper. */
export function fetchFailure(error: unknown): string {
  const { name, message, cause } = error as Error;
  if (name === 'TimeoutError') return 'no answer in time';
  const inner = cause as { code?: string; message?: string } | undefined;
  if (inner?.code === 'ECONNREFUSED') return 'nothing listens there';
  return inner?.message || inner?.code || message;
}
