// SPDX-License-Identifier: Apache-2.0
// Builds what runs: the addon (build/Release/skydive.node) and the bundles (dist/). With --tests also every
// TypeScript file by itself (out/), which is what `node --test` runs. Steps whose inputs did not change are skipped.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { version } from './version.mjs';

const root = join(import.meta.dirname, '..');
const bundled = [
  ['src/cli/main.ts', 'skydive'],
  ['src/tripleo/main.ts', 'skydive-tripleo-inventory'],
].filter(([source]) => existsSync(join(root, source)));

/** Every file below the folders, relative to the root. */
function filesBelow(folders, accept) {
  return folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true })
        .map((name) => join(folder, name))
        .filter((path) => accept(path) && statSync(join(root, path)).isFile()),
    )
    .sort();
}

function digest(paths, extra = '') {
  const hash = createHash('sha256').update(extra).update(process.version);
  for (const path of paths) hash.update(path).update(readFileSync(join(root, path)));
  return hash.digest('hex');
}

/** Runs `make` unless `stamp` already holds the digest of its inputs. */
async function step(name, stamp, key, make) {
  const path = join(root, stamp);
  if (existsSync(path) && readFileSync(path, 'utf8') === key) return;
  const start = Date.now();
  process.stdout.write(`build: ${name} …\n`);
  rmSync(path, { force: true });
  await make();
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, key);
  process.stdout.write(`build: ${name} done in ${((Date.now() - start) / 1000).toFixed(1)} s\n`);
}

/** Where this node keeps its headers; without them node-gyp fetches them. */
function headersOption() {
  const prefix = dirname(dirname(process.execPath));
  return existsSync(join(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : [];
}

function buildAddon() {
  const gyp = join(root, 'node_modules/node-gyp/bin/node-gyp.js');
  const verb = existsSync(join(root, 'build/Makefile')) ? ['configure', 'build'] : ['rebuild'];
  const made = spawnSync(
    process.execPath,
    [gyp, ...verb, '--loglevel=error', '--jobs=2', ...headersOption()],
    {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, npm_config_loglevel: 'error' },
    },
  );
  if (made.status !== 0) {
    process.stderr.write(`${made.stdout ?? ''}${made.stderr ?? ''}`);
    process.stderr.write('build: the addon did not build, the messages above say why\n');
    process.exit(1);
  }
}

// CommonJS packages inside an ES module bundle need `require`, `__filename` and `__dirname`.
const banner = [
  "import { createRequire as __createRequire } from 'node:module';",
  "import { fileURLToPath as __fileURLToPath } from 'node:url';",
  "import { dirname as __pathDirname } from 'node:path';",
  'const require = __createRequire(import.meta.url);',
  'const __filename = __fileURLToPath(import.meta.url);',
  'const __dirname = __pathDirname(__filename);',
].join('');

async function buildBundles() {
  const { build } = await import('esbuild');
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: bundled.map(([source, name]) => ({ in: source, out: name })),
    outdir: 'dist',
    outExtension: { '.js': '.mjs' },
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    minifySyntax: true,
    minifyWhitespace: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['classic-level', './skydive.node'],
    define: { __SKYDIVE_VERSION__: JSON.stringify(version(root)) },
    banner: { js: banner },
    logLevel: 'warning',
  });
}

async function buildTests() {
  const { build } = await import('esbuild');
  rmSync(join(root, 'out'), { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: filesBelow(['src', 'test', 'tools'], (path) => path.endsWith('.ts')),
    outdir: 'out',
    outbase: '.',
    bundle: false,
    sourcemap: 'inline',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    define: { __SKYDIVE_VERSION__: JSON.stringify(version(root)) },
    logLevel: 'warning',
  });
}

const sources = filesBelow(['src'], (path) => /\.(ts|json|proto)$/.test(path));
const nativeSources = filesBelow(['native'], (path) => /\.(cc|h|c)$/.test(path) && !/_test\.cc$/.test(path));
await step(
  'addon',
  'build/.stamp',
  digest(['binding.gyp', 'tools/native-sources.mjs', ...nativeSources]),
  buildAddon,
);
if (!process.argv.includes('--addon-only')) {
  await step(
    'bundles',
    'dist/.stamp',
    digest(['package-lock.json', ...sources], version(root)),
    buildBundles,
  );
}
if (process.argv.includes('--tests')) {
  const all = filesBelow(['src', 'test', 'tools'], (path) => path.endsWith('.ts'));
  await step('tests', 'out/.stamp', digest(all, version(root)), buildTests);
}
