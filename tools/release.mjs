// SPDX-License-Identifier: Apache-2.0
// Makes the single executable dist/skydive, with its checksum and the link skydive-tripleo-inventory beside it.
// The same sources, packages and compiler give the same bytes. `--out FOLDER` puts it elsewhere; `--force` makes it
// again though nothing changed; `--as-built` takes bundles as they are, for tests that run beside others.
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  build,
  buildPackages,
  fail,
  needDebianPackages,
  needNpmPackages,
  root,
  runAsCaller,
  say,
} from './host.mjs';

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: join(root, 'dist') },
    force: { type: 'boolean', default: false },
    // What tools/build.mjs made is taken as it is.
    'as-built': { type: 'boolean', default: false },
  },
});
if (process.env.SKYDIVE_RELEASE_LOCKED === undefined) {
  if (process.platform !== 'linux' || process.arch !== 'x64') fail('a release is made on Linux on x86-64');
  needDebianPackages(
    [...buildPackages, 'binutils', 'bison', 'flex'],
    'to compile the native part and libpcap',
  );
  needNpmPackages();
  // One at a time: they share a cache.
  process.env.SKYDIVE_RELEASE_LOCKED = '1';
  runAsCaller('flock', [import.meta.filename, process.execPath, ...process.argv.slice(1)]);
  process.exit(0);
}
const started = Date.now();
if (!values['as-built']) build();

const { makeExecutable } = await import('./release/executable.mjs');
const { buildLibpcap } = await import('./release/libpcap.mjs');
const { collectParts, packParts } = await import('./release/parts.mjs');
const { node, pinnedPackage, postject } = await import('./release/pinned-package.mjs');
const { unmet } = await import('./release/requirements.mjs');
const { buildStaticAddon } = await import('./release/static-addon.mjs');

const cache = join(root, 'node_modules/.cache/skydive-release');
const target = join(resolve(values.out), 'skydive');
const inputs = digestOfInputs();
try {
  if (!values.force && readIfThere(`${target}.inputs`) === inputs && existsSync(target)) {
    say(`${target} is up to date`);
  } else {
    await release();
  }
} catch (error) {
  fail(error.message);
}

async function release() {
  mkdirSync(cache, { recursive: true });
  const runtime = pinnedPackage(node, cache);
  const injector = pinnedPackage(postject, cache);
  const pcap = buildLibpcap(cache);
  say(`compiling the addon against node ${node.version} …`);
  const addon = buildStaticAddon(root, cache, runtime);
  const contents = await collectParts({ root, addon, runtime, pcap });
  const { list, bytes } = packParts(contents);
  const executable = await makeExecutable({ root, cache, runtime, injector, list, bytes });
  const level = join(root, 'node_modules/classic-level/prebuilds/linux-x64/classic-level.node');
  const beside = new Set(addon.keys());
  const missing = [executable, level, ...addon.values()].flatMap((path) => unmet(path, beside));
  if (missing.length > 0)
    throw new Error(`the executable would not run on every host:\n${missing.join('\n')}`);
  place(executable, resolve(values.out));
}

function readIfThere(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

/** Over all that the executable is made of: the stamps of tools/build.mjs stand for the sources. */
function digestOfInputs() {
  const hash = createHash('sha256').update(readIfThere(join(root, 'build/.stamp')) ?? '');
  const folder = join(import.meta.dirname, 'release');
  const own = readdirSync(folder, { recursive: true }).filter((name) => /\.(c|mjs|ts)$/.test(name));
  const paths = [...own.sort().map((name) => join(folder, name)), import.meta.filename];
  for (const path of [...paths, join(root, 'package-lock.json'), join(root, 'dist/.stamp')]) {
    hash.update(path.slice(root.length)).update(readFileSync(path));
  }
  return hash.digest('hex');
}

/** Puts the executable under its name at once: what runs from there meanwhile keeps its own. */
function place(executable, folder) {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'skydive');
  const fresh = `${path}.new-${process.pid}`;
  copyFileSync(executable, fresh);
  chmodSync(fresh, 0o755);
  const sum = createHash('sha256').update(readFileSync(fresh)).digest('hex');
  renameSync(fresh, path);
  writeFileSync(`${path}.sha256`, `${sum}  ${basename(path)}\n`);
  rmSync(join(folder, 'skydive-tripleo-inventory'), { force: true });
  symlinkSync('skydive', join(folder, 'skydive-tripleo-inventory'));
  writeFileSync(`${path}.inputs`, inputs);
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  say(`${path} is ready after ${seconds} s: sha256 ${sum}, node ${node.version}, glibc 2.34 or newer`);
}
