/** From one stop to the next. */
const TURN_MS = 100;

/**
 * Stops a process again and again (SIGSTOP), so that it runs for a part of the time only. Not exact where the machine is busy: this one has to get its turn, too.
 * @returns lets it run again
 */
export function slowProcess(pid: number, share: number): () => void {
  let timer: NodeJS.Timeout;
  const run = () => {
    process.kill(pid, 'SIGCONT');
    timer = setTimeout(stop, TURN_MS * share);
  };
  const stop = () => {
    process.kill(pid, 'SIGSTOP');
    timer = setTimeout(run, TURN_MS * (1 - share));
  };
  run();
  return () => {
    clearTimeout(timer);
    process.kill(pid, 'SIGCONT');
  };
}
