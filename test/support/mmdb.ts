type Value = string | number | readonly Value[] | { readonly [name: string]: Value };

interface Node {
  readonly children: [Node | number | null, Node | number | null];
}

/**
 * A small MaxMind database of version 2 (IPv4, records of 24 bits), as its format is published.
 * @param networks `10.0.0.0/8` to what is said of it
 */
export function writeMmdb(networks: Readonly<Record<string, Value>>): Buffer {
  const root: Node = { children: [null, null] };
  const data: Buffer[] = [];
  let offset = 0;
  for (const [network, value] of Object.entries(networks)) {
    const bytes = encode(value);
    insert(root, network, offset);
    data.push(bytes);
    offset += bytes.length;
  }
  const nodes: Node[] = [];
  const numbers = new Map<Node, number>();
  const walk = (node: Node): void => {
    numbers.set(node, nodes.push(node) - 1);
    for (const child of node.children) if (child !== null && typeof child === 'object') walk(child);
  };
  walk(root);
  const tree = Buffer.alloc(nodes.length * 6);
  for (const [i, node] of nodes.entries()) {
    for (const [side, child] of node.children.entries()) {
      // Nothing is the number of nodes; data begins sixteen behind it.
      const record =
        child === null ? nodes.length : typeof child === 'number' ? nodes.length + 16 + child : numbers.get(child)!;
      tree.writeUIntBE(record, i * 6 + side * 3, 3);
    }
  }
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_795_000_000,
    database_type: 'Test-City',
    description: { en: 'made by a test' },
    ip_version: 4,
    languages: ['en', 'de'],
    node_count: nodes.length,
    record_size: 24,
  });
  return Buffer.concat([tree, Buffer.alloc(16), ...data, Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'), metadata]);
}

function insert(root: Node, network: string, offset: number): void {
  const [address, length] = network.split('/');
  const bits = address!.split('.').flatMap((part) => [...Number(part).toString(2).padStart(8, '0')].map(Number));
  let node = root;
  for (let at = 0; at < Number(length) - 1; at++) {
    const side = bits[at] as 0 | 1;
    const next = node.children[side];
    const into: Node = next !== null && typeof next === 'object' ? next : { children: [null, null] };
    node.children[side] = into;
    node = into;
  }
  node.children[bits[Number(length) - 1] as 0 | 1] = offset;
}

function encode(value: Value): Buffer {
  if (typeof value === 'string') {
    const bytes = Buffer.from(value);
    return Buffer.concat([control(2, bytes.length), bytes]);
  }
  if (typeof value === 'number') {
    if (Number.isInteger(value) && value >= 0) {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return Buffer.concat([control(6, 4), bytes]);
    }
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value);
    return Buffer.concat([control(3, 8), bytes]);
  }
  if (Array.isArray(value)) return Buffer.concat([control(11, value.length), ...value.map(encode)]);
  const entries = Object.entries(value);
  return Buffer.concat([control(7, entries.length), ...entries.flatMap(([name, one]) => [encode(name), encode(one)])]);
}

/** Type and size; types above seven have a second byte. */
function control(type: number, size: number): Buffer {
  if (size >= 29 + 256) throw new RangeError(`${size} is too long for this writer`);
  const first = (type <= 7 ? type << 5 : 0) | Math.min(size, 29);
  return Buffer.from([first, ...(type > 7 ? [type - 7] : []), ...(size >= 29 ? [size - 29] : [])]);
}
