/** What a connection that was kept open says when the server closed it in the same moment. */
const CLOSED = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/**
 * GET, asked once more where the connection was one that the server had just closed as idle: a process that is late does not see that in time, and a
 * long run must not end with it.
 * @throws TypeError of fetch, for anything else and the second time
 */
export async function ask(url: URL, get: (url: URL) => Promise<Response> = fetch): Promise<Response> {
  try {
    return await get(url);
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as { code?: string };
    if (!CLOSED.has(code ?? '')) throw error;
    return get(url);
  }
}
