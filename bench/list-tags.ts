/**
 * The bare work: reads every page of a repository's tags and parses it, with nothing but Node.
 * `node bench/list-tags.ts URL REPOSITORY`
 */
import { Agent, get } from 'node:http';

const [base = '', repository = ''] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true });
let count = 0;
let next: URL | undefined = new URL(`/v2/${repository}/tags/list?n=10000`, base);
while (next !== undefined) {
  const page: { readonly text: string; readonly link: string | undefined } = await read(next);
  const { tags } = JSON.parse(page.text) as { tags: readonly string[] };
  count += tags.length;
  const target = /<([^>]+)>/.exec(page.link ?? '')?.[1];
  next = target === undefined ? undefined : new URL(target, next);
}
agent.destroy();
console.log(count);

function read(url: URL): Promise<{ readonly text: string; readonly link: string | undefined }> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const { link } = response.headers;
        resolve({
          text: Buffer.concat(chunks).toString(),
          link: typeof link === 'string' ? link : undefined,
        });
      });
    }).on('error', reject);
  });
}
