/** Of kube-state-metrics, about secrets as objects: their label `secret` is the object's name. */
const ABOUT_SECRETS = /^kube_(?:secret_[a-z_]+|ingress_tls)$/;
/** What an object may be called (RFC 1123, as Kubernetes reads it). */
const OBJECT_NAME = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const LONGEST_NAME = 253;

/**
 * Whether a label that is named as a secret holds the name of one. The metric must say so: a value alone does not, as many a password could be a name.
 */
export function namesObject(metric: string, label: string, value: string): boolean {
  return label === 'secret' && ABOUT_SECRETS.test(metric) && value.length <= LONGEST_NAME && OBJECT_NAME.test(value);
}
