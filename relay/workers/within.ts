/** What a worker that was asked answers; null: it did not within this time. */
export async function within<T>(asked: Promise<T>, ms: number): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ms);
  });
  const answer = await Promise.race([asked, patience]);
  clearTimeout(timer);
  return answer;
}
