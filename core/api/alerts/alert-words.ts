type Labels = Readonly<Record<string, string>>;

/** @param text words that all stand somewhere in it, whatever their case; '': any. Labels read `name=value` */
export function saysAll(text: string): (labels: Labels, annotations: Labels) => boolean {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return (labels, annotations) => {
    if (words.length === 0) return true;
    const said = [...Object.entries(labels).map((pair) => pair.join('=')), ...Object.values(annotations)];
    const all = said.join('\n').toLowerCase();
    return words.every((word) => all.includes(word));
  };
}
