import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, beforeEach } from 'node:test';
import { fixedClock } from '../src/clock.ts';
import {
  loadRegistryConfiguration,
  type RegistryConfiguration,
  type RegistryConfigurationOptions,
} from '../src/registry/config/registry-configuration.ts';

/** Files by path below the machine's root: `etc/…` is the system, `home/…` the user's home, `bin/…` on PATH. */
export type Files = Readonly<Record<string, string>>;

/** A folder that stands for the files of a whole machine: for configuration that is read from many places. */
export type Machine = {
  /** The absolute path of one of its files. */
  path(file: string): string;
  write(files: Files): Promise<void>;
  /** The registry configuration of this machine and its user, number 1000. */
  load(options?: Partial<RegistryConfigurationOptions>): RegistryConfiguration;
};

/** A machine for the tests of this file or suite, empty before each of them. */
export async function makeMachine(): Promise<Machine> {
  const root = await mkdtemp(join(tmpdir(), 'holdfast-machine-'));
  beforeEach(async () => {
    await rm(root, { recursive: true, force: true });
    await mkdir(root);
  });
  after(() => rm(root, { recursive: true, force: true }));
  return {
    path: (file) => join(root, file),
    async write(files) {
      for (const [file, text] of Object.entries(files)) {
        await mkdir(dirname(join(root, file)), { recursive: true });
        await writeFile(join(root, file), text);
        if (file.startsWith('bin/')) await chmod(join(root, file), 0o755);
      }
    },
    load: (options = {}) =>
      loadRegistryConfiguration({
        homeDirectory: join(root, 'home'),
        systemRoot: root,
        userId: 1000,
        clock: fixedClock(0),
        ...options,
        env: { PATH: `${join(root, 'bin')}:/usr/bin:/bin`, ...options.env },
      }),
  };
}
