/** One JSON value a line, from an HTTP answer, as they come. @throws Error with the answer, if it is none */
export async function* jsonLines<T>(url: URL): AsyncGenerator<T> {
  yield* linesOf<T>(await fetch(url));
}

export async function* linesOf<T>(answer: Response): AsyncGenerator<T> {
  if (!answer.ok || !answer.body) throw new Error(`${answer.url}: ${answer.status} ${await answer.text()}`);
  let rest = '';
  for await (const text of answer.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) if (line !== '') yield JSON.parse(line) as T;
  }
  if (rest !== '') yield JSON.parse(rest) as T;
}
