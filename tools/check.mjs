// SPDX-License-Identifier: Apache-2.0
// `npm run check`: format and lint (biome), types (tsc) and the import arrows between rooms.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const steps = [
  ['biome', [join(root, 'node_modules/@biomejs/biome/bin/biome'), 'check', '.']],
  ['tsc', [join(root, 'node_modules/typescript/bin/tsc'), '-p', root]],
  ['arrows', [join(root, 'tools/arrows.mjs')]],
];
let failed = false;
for (const [name, args] of steps) {
  const run = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (run.status !== 0) {
    process.stderr.write(`check: ${name} failed\n`);
    failed = true;
  }
}
process.exit(failed ? 1 : 0);
