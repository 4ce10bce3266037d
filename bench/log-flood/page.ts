import { get } from 'node:http';
import { text } from 'node:stream/consumers';

/** What a process answers, over a connection of its own: one that is kept may be closed by a busy process just when it is used again. */
export function freshPage(url: URL): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (answer) => {
      if (answer.statusCode === 200) text(answer).then(resolve, reject);
      else reject(new TypeError(`${url} answers ${answer.statusCode}`));
    }).on('error', reject);
  });
}
