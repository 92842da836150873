/** The clouds' own libraries, of these versions: fetched once, and kept in the user's cache folder. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { cacheFolder, findTool, missingTool, runTool } from '../tools.ts';

const versions = {
  '@aws-sdk/client-ecr': '3.1169.0',
  '@aws-sdk/client-ecr-public': '3.1108.0',
  '@aws-sdk/credential-providers': '3.1169.0',
  '@azure/identity': '4.14.1',
  'google-auth-library': '11.3.4',
} as const;

export type CloudLibraries = {
  readonly missing: false | string;
  /** What `createRequire` takes. */
  readonly from: string;
};

/** @throws Error where they cannot be fetched and `CI=true` */
export async function fetchCloudLibraries(): Promise<CloudLibraries> {
  const folder = join(cacheFolder(), 'cloud-libraries', versions['@aws-sdk/client-ecr']);
  const from = join(folder, 'package.json');
  if (existsSync(from)) return { missing: false, from };
  const npm = findTool('npm', [dirname(process.execPath)]);
  if (npm.missing !== false) return { missing: npm.missing, from };
  // Fetched beside its place and moved there: what was cut off is never taken for whole.
  const unfinished = `${folder}.unfinished-${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  writeFileSync(join(unfinished, 'package.json'), JSON.stringify({ private: true, dependencies: versions }));
  const words = ['install', '--no-audit', '--no-fund', '--ignore-scripts'];
  const { status, stderr } = await runTool(npm, words, { cwd: unfinished });
  if (status === 0 && !existsSync(folder)) renameSync(unfinished, folder);
  rmSync(unfinished, { recursive: true, force: true });
  if (status === 0) return { missing: false, from };
  return {
    missing: missingTool('npm', `the libraries of the clouds cannot be fetched: ${stderr.slice(-300)}`)
      .missing,
    from,
  };
}

/** A module of theirs. Their types are not here: what is used of it is said by the caller. */
export function requireLibrary(from: string, name: keyof typeof versions): Readonly<Record<string, unknown>> {
  return createRequire(from)(name) as Readonly<Record<string, unknown>>;
}
