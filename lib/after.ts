/** A timer that can be called off: what is returned does it. @param ms from now on */
export function after(run: () => void, ms: number): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}
