// SPDX-License-Identifier: Apache-2.0
// Writes docs/gremlin.md from the steps of the language. test/gremlin/documentation.test.ts fails when it differs.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const built = spawnSync(process.execPath, [join(root, 'tools/build.mjs'), '--tests'], { stdio: 'inherit' });
if (built.status !== 0) process.exit(1);
const { documentationText } = await import(join(root, 'out/src/gremlin/documentation.js'));
const { steps } = await import(join(root, 'out/src/gremlin/steps/registry.js'));
writeFileSync(join(root, 'docs/gremlin.md'), documentationText(steps));
