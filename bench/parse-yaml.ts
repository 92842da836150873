/** The bare work that `holdfast images` is compared with: every YAML file under a folder, parsed and forgotten. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

const folder = process.argv[2] ?? '.';
for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
  if (/\.ya?ml$/.test(file))
    parseAllDocuments(readFileSync(join(folder, file), 'utf8'), { logLevel: 'silent' });
}
