/**
 * `npm run build`: the program and every library it uses become one bundle in `dist/`, so that the package
 * installs with no dependency of its own and starts fast. Chunks that only some commands need stay apart.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const outdir = join(root, 'dist');

/**
 * Of the Kubernetes client only the kubeconfig is used. It does not say that its modules do nothing by being
 * loaded, so without this the classes of every kind come along: 6 MB, and several times that in memory. Its
 * undici, for requests that we send ourselves, is ours.
 */
const slimKubernetesClient: Plugin = {
  name: 'slim-kubernetes-client',
  setup(bundler) {
    bundler.onResolve(
      { filter: /^@kubernetes\/client-node$|^\.\.?\/|^undici$/ },
      async ({ path, pluginData, ...from }) => {
        const isOfClient = from.importer.includes(clientFolder);
        if (pluginData === 'resolving' || (path !== '@kubernetes/client-node' && !isOfClient))
          return undefined;
        const resolveDir = path === 'undici' ? root : from.resolveDir;
        const resolved = await bundler.resolve(path, { ...from, resolveDir, pluginData: 'resolving' });
        return { ...resolved, sideEffects: false };
      },
    );
  },
};
const clientFolder = join('node_modules', '@kubernetes', 'client-node', 'dist');

rmSync(outdir, { recursive: true, force: true });
const result = await build({
  absWorkingDir: root,
  entryPoints: { main: 'src/main.ts' },
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22.18',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  chunkNames: 'chunk-[hash]',
  metafile: true,
  plugins: [slimKubernetesClient],
  logLevel: 'warning',
  // Its CommonJS build, imported lazily, would hide its names: here are the same sources as ES modules.
  alias: { yaml: join(root, 'node_modules/yaml/browser/index.js') },
  // Optional natives of libraries that work without them.
  external: ['pg-native', 'cloudflare:sockets', 'bufferutil', 'utf-8-validate'],
  // Libraries written as CommonJS call `require` for Node's own modules.
  banner: {
    js: "import { createRequire as holdfastRequire } from 'node:module'; const require = holdfastRequire(import.meta.url);",
  },
});
writeFileSync(join(outdir, 'THIRD-PARTY-NOTICES.txt'), notices(Object.keys(result.metafile.inputs)));

/** The licence texts of every package that ended up in the bundle, as their licences ask. */
function notices(inputs: readonly string[]): string {
  const folders = new Set(
    inputs.flatMap((input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []),
  );
  const parts = [...folders].sort().map((folder) => {
    const manifest: { name: string; version: string; license?: string } = JSON.parse(
      readFileSync(join(root, folder, 'package.json'), 'utf8'),
    );
    return `${manifest.name} ${manifest.version} (${manifest.license ?? 'see below'})\n\n${licenceText(folder)}`;
  });
  return `Holdfast contains the following libraries.\n\n${parts.join(`\n${'-'.repeat(80)}\n`)}\n`;
}

function licenceText(folder: string): string {
  for (const name of ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'license', 'LICENCE', 'License']) {
    try {
      return readFileSync(join(root, folder, name), 'utf8');
    } catch {
      continue;
    }
  }
  return '';
}
