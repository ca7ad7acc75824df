// SPDX-License-Identifier: Apache-2.0
// `npm run bench [-- NAME…]`: runs the benches of tools/bench, each in a process of its own, and prints one table a
// bench. A bench is a file that exports `run(): Promise<Row[]>`. Numbers mean something on a quiet machine only.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, needNpmPackages, root } from './host.mjs';

async function runOne(path) {
  const { run } = await import(pathToFileURL(path));
  const rows = await run();
  const table = [
    ['Measure', 'Value', 'Goal', 'CPU'],
    ['---', '---', '---', '---'],
  ];
  for (const row of rows) table.push([row.measure, row.value, row.goal ?? '', row.cpu ?? '']);
  for (const cells of table) process.stdout.write(`| ${cells.join(' | ')} |\n`);
  process.exit(0);
}

if (process.argv[2] === '--run') {
  await runOne(process.argv[3]);
}

needNpmPackages();
build({ tests: true });
const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const folder = join(root, 'out/tools/bench');
const machine = `${availableParallelism()} × ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.version}`;
process.stdout.write(`${machine}, ${new Date().toISOString().slice(0, 10)}\n`);
let failed = false;
for (const file of readdirSync(folder).sort()) {
  const name = file.replace(/\.js$/, '');
  if (
    !file.endsWith('.js') ||
    ['asker', 'processes', 'row'].includes(name) ||
    (wanted.length > 0 && !wanted.includes(name))
  )
    continue;
  process.stdout.write(`\n### ${name}\n\n`);
  const args = ['--expose-gc', import.meta.filename, '--run', join(folder, file)];
  failed = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status !== 0 || failed;
}
process.exit(failed ? 1 : 0);
