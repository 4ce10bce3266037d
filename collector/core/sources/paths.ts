/** Where the machine's files are: a container mounts the host's root somewhere, a test has a fixture tree. */
export interface Paths {
  /** The configured root without a slash at its end; '' is the machine's own. */
  readonly root: string;
  proc(name: string): string;
  sys(name: string): string;
  /** An absolute path of the machine, as it is found from here. */
  at(path: string): string;
}

export function pathsUnder(root: string): Paths {
  const base = root.replace(/\/+$/, '');
  return {
    root: base,
    proc: (name) => `${base}/proc/${name}`,
    sys: (name) => `${base}/sys/${name}`,
    at: (path) => (path === '/' ? base || '/' : `${base}${path}`),
  };
}
