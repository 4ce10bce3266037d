import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { collectorConfig } from '../../collector/node/config.ts';

const file = new URL('../../deploy/kubernetes/collector.yaml', import.meta.url);
// biome-ignore lint/suspicious/noExplicitAny: manifests of several kinds
const documents: any[] = parseAllDocuments(readFileSync(file, 'utf8')).map((document) => {
  expect(document.errors).toEqual([]);
  return document.toJS();
});
const of = (kind: string) => documents.filter((document) => document.kind === kind);
const [daemonSet] = of('DaemonSet');
const pod = daemonSet.spec.template.spec;
const [container] = pod.containers;
const config = collectorConfig.parse(parse(of('ConfigMap')[0].data['collector.yaml']));

it('has what a DaemonSet must have', () => {
  expect(documents.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`)).toEqual([
    'v1 Namespace',
    'v1 ServiceAccount',
    'v1 ConfigMap',
    'apps/v1 DaemonSet',
  ]);
  const namespace = of('Namespace')[0].metadata.name;
  for (const { kind, metadata } of documents) if (kind !== 'Namespace') expect(metadata.namespace).toBe(namespace);
  expect(daemonSet.spec.template.metadata.labels).toMatchObject(daemonSet.spec.selector.matchLabels);
  expect(pod.serviceAccountName).toBe(of('ServiceAccount')[0].metadata.name);
  // Always, and nothing else, in a DaemonSet.
  expect(pod.restartPolicy ?? 'Always').toBe('Always');
  expect(pod.containers).toHaveLength(1);
  // With hostNetwork, names of the cluster are found only so.
  expect([pod.hostNetwork, pod.dnsPolicy]).toEqual([true, 'ClusterFirstWithHostNet']);
  // Each node, whatever its taints.
  expect(pod.tolerations).toEqual([{ operator: 'Exists' }]);
  // Two collectors at a time in one folder cannot be.
  expect(daemonSet.spec.updateStrategy.rollingUpdate.maxSurge).toBe(0);
  for (const kind of ['requests', 'limits']) expect(Object.keys(container.resources[kind])).toEqual(['cpu', 'memory']);
});

it('mounts each volume that it names, and of the node nothing to write in but the own folder', () => {
  const volumes = new Map<string, { hostPath?: { path: string } }>(
    pod.volumes.map((volume: { name: string }) => [volume.name, volume]),
  );
  const used = new Set<string>();
  for (const mount of container.volumeMounts) {
    expect(volumes.has(mount.name)).toBe(true);
    used.add(mount.name);
    if (mount.mountPath !== config.dataDir) expect([mount.mountPath, mount.readOnly]).toEqual([mount.mountPath, true]);
  }
  expect([...used].sort()).toEqual([...volumes.keys()].sort());
  const { securityContext } = container;
  expect(securityContext).toMatchObject({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'], add: ['DAC_READ_SEARCH'] },
  });
  expect(securityContext.privileged ?? false).toBe(false);
});

it('shows the collector every path of its configuration', () => {
  const mounts: { name: string; mountPath: string; subPath?: string; subPathExpr?: string }[] = container.volumeMounts;
  const mountOf = (path: string) =>
    mounts.filter(({ mountPath }) => path === mountPath || path.startsWith(`${mountPath}/`)).at(-1);
  const { ca, cert, key } = config.tls;
  expect([ca, cert, key].map((path) => mountOf(path)?.name)).toEqual(Array(3).fill('certificates'));
  // Each node its own certificate, of one secret.
  expect([mountOf(cert)?.subPathExpr, mountOf(key)?.subPathExpr]).toEqual(['$(NODE_NAME).pem', '$(NODE_NAME).key']);
  expect(container.env[0]).toMatchObject({
    name: 'NODE_NAME',
    valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } },
  });
  for (const path of [...config.containers!.paths, config.dataDir]) {
    const mount = mountOf(path)!;
    const volume = pod.volumes.find(({ name }: { name: string }) => name === mount.name);
    // The links among them hold paths of the node: they must be the same here.
    expect(volume.hostPath.path).toBe(mount.mountPath);
  }
  expect(mountOf(config.root)?.name).toBe('root');
  expect(mountOf(container.args.at(-1))?.name).toBe('config');
});
