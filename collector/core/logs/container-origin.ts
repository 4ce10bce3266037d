import type { Host, HostFiles } from '../host.ts';
import { realPath } from '../sources/real-path.ts';
import type { LineOrigin } from './log-pipeline.ts';

/** Docker's own word on a container may have so many bytes. */
const MOST_BYTES = 1024 * 1024;
const LONGEST_VALUE = 1024;
const ID = /[0-9a-f]{64}/;

/** `<namespace>_<pod>_<uid>/<container>/<restarts>.log` under /var/log/pods (kubelet, BuildContainerLogsDirectory). */
const POD_FOLDER = /\/([a-z0-9-]+)_([a-z0-9.-]+)_([0-9a-zA-Z-]+)\/([^/]+)\/[^/]*$/;
/** `<pod>_<namespace>_<container>-<id>.log` in /var/log/containers (kubelet, LegacyLogSymlink). */
const CONTAINER_LINK = /\/([a-z0-9.-]+)_([a-z0-9-]+)_([a-zA-Z0-9.-]+)-([0-9a-f]{64})\.log$/;

/**
 * Whose output a container's log holds, by its path and what the runtime wrote beside it: container, image, pod and service, in ECS' names and in
 * those that shippers use for Kubernetes. Without a Kubernetes API, so labels of pods are known only where Docker keeps them.
 */
export function containerOrigin(host: Host, path: string): LineOrigin {
  const real = realPath(host.files, path);
  const link = CONTAINER_LINK.exec(path);
  const pod = POD_FOLDER.exec(path) ?? POD_FOLDER.exec(real);
  const id = link?.[4] ?? ID.exec(real)?.[0] ?? (pod === null ? undefined : idOfPod(host.files, path, pod));
  const docker = id === undefined ? null : dockerConfig(host, real, id);
  const spec = id === undefined || docker !== null ? null : specAnnotations(host, id);
  const labels = docker?.labels ?? {};
  const namespace = pod?.[1] ?? link?.[2] ?? labels['io.kubernetes.pod.namespace'];
  const podName = pod?.[2] ?? link?.[1] ?? labels['io.kubernetes.pod.name'];
  const inPod = pod?.[4] ?? link?.[3] ?? labels['io.kubernetes.container.name'];
  const name = inPod ?? docker?.name;
  const compose = labels['com.docker.compose.service'];
  const { image, tag } = splitImage(
    docker?.image ?? spec?.['io.kubernetes.cri.image-name'] ?? spec?.['io.kubernetes.cri-o.ImageName'] ?? '',
  );
  const fields: Record<string, string> = {};
  const put = (field: string, value: string | undefined): void => {
    if (value !== undefined && value !== '') fields[field] = value.slice(0, LONGEST_VALUE);
  };
  put('container.id', id);
  put('container.name', name);
  put('container.image.name', image);
  put('container.image.tag', tag);
  put('container.runtime', docker === null ? undefined : 'docker');
  if (podName !== undefined) {
    put('orchestrator.type', 'kubernetes');
    put('orchestrator.namespace', namespace);
    put('orchestrator.resource.type', 'pod');
    put('orchestrator.resource.name', podName);
    put('kubernetes.namespace', namespace);
    put('kubernetes.pod.name', podName);
    put('kubernetes.pod.uid', pod?.[3] ?? labels['io.kubernetes.pod.uid']);
    put('kubernetes.container.name', inPod);
  }
  put('docker.compose.project', labels['com.docker.compose.project']);
  const app = labels['app.kubernetes.io/name'] ?? labels['org.opencontainers.image.title'];
  const service = compose ?? (podName === undefined ? undefined : (app ?? inPod)) ?? name ?? id?.slice(0, 12);
  return { service: (service ?? 'container').slice(0, 200), fields };
}

/** Of a container in a pod's folder: the kubelet links to the folder from a name that ends with it. */
function idOfPod(files: HostFiles, path: string, match: RegExpExecArray): string | undefined {
  const [, namespace, pod, , container] = match;
  const names = files.readdir(`${path.slice(0, match.index).replace(/\/[^/]*$/, '')}/containers`);
  if (typeof names === 'number') return undefined;
  const begin = `${pod}_${namespace}_${container}-`;
  const own = names.filter((name) => name.startsWith(begin) && ID.test(name.slice(begin.length)));
  // Of one that was restarted there may be two for a moment, and which is whose cannot be said.
  return own.length === 1 ? ID.exec(own[0]!.slice(begin.length))![0] : undefined;
}

interface DockerConfig {
  readonly name: string;
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What Docker's config.v2.json beside the log says; null: there is none that can be read. */
function dockerConfig(host: Host, real: string, id: string): DockerConfig | null {
  const folder = real.slice(0, real.lastIndexOf('/'));
  const own = folder.endsWith(`/${id}`) ? folder : `/var/lib/docker/containers/${id}`;
  const config = readJson(host, `${own}/config.v2.json`);
  if (config === null) return null;
  const { Name, Config } = config as { Name?: unknown; Config?: unknown };
  const { Image, Labels } = (Config ?? {}) as { Image?: unknown; Labels?: unknown };
  return {
    name: typeof Name === 'string' ? Name.replace(/^\//, '') : '',
    image: typeof Image === 'string' ? Image : '',
    labels: texts(Labels),
  };
}

/** Where containerd and CRI-O keep what a container was started with (OCI's config.json), for whoever may read it. */
const SPECS = [
  (id: string) => `/run/containerd/io.containerd.runtime.v2.task/k8s.io/${id}/config.json`,
  (id: string) => `/var/lib/containers/storage/overlay-containers/${id}/userdata/config.json`,
];

function specAnnotations(host: Host, id: string): Readonly<Record<string, string>> | null {
  for (const pathOf of SPECS) {
    const spec = readJson(host, pathOf(id));
    if (spec !== null) return texts((spec as { annotations?: unknown }).annotations);
  }
  return null;
}

/** Null: there is none, or it cannot be read now; what it would say is missing until the container's next file is opened. */
function readJson(host: Host, path: string): object | null {
  const bytes = new Uint8Array(MOST_BYTES);
  const got = host.files.readFile(path, bytes);
  if (got <= 0 || got === bytes.length) return null;
  try {
    const value: unknown = JSON.parse(host.utf8(bytes, 0, got));
    return typeof value === 'object' ? value : null;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return null;
  }
}

function texts(value: unknown): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [name, text] of Object.entries((value ?? {}) as object)) if (typeof text === 'string') all[name] = text;
  return all;
}

/** `registry:5000/app/web:1.2@sha256:...` is the image registry:5000/app/web with the tag 1.2. */
function splitImage(text: string): { image: string; tag: string } {
  const name = text.replace(/@sha256:.*$/, '');
  const at = name.lastIndexOf(':');
  return at > name.lastIndexOf('/') ? { image: name.slice(0, at), tag: name.slice(at + 1) } : { image: name, tag: '' };
}
