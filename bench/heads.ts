/** `node bench/heads.ts URL…`: a HEAD for each URL over kept connections, and nothing else. */
import { Agent, request } from 'node:http';
import { mediaTypes } from '../src/oci/media-type.ts';

const connections = 16;

const agent = new Agent({ keepAlive: true, maxSockets: connections });
const urls = process.argv.slice(2);
let next = 0;

async function work(): Promise<void> {
  for (let url = urls[next++]; url !== undefined; url = urls[next++]) await head(url);
}

function head(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { agent, method: 'HEAD', headers: { accept: mediaTypes.ociManifest } },
      (response) => {
        if (response.statusCode !== 200) reject(new Error(`${url} answered ${response.statusCode}`));
        response.resume().once('end', resolve);
      },
    );
    sent.once('error', reject).end();
  });
}

await Promise.all(Array.from({ length: connections }, work));
agent.destroy();
