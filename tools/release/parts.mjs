// SPDX-License-Identifier: Apache-2.0
// What the executable carries beside the runtime: the bundles, the addon (eBPF programs are inside it) with its library,
// the packages that are not bundled, and the licences of all that is inside.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Starts a bundle from within CommonJS, which is all that the executable's own code may be. */
const launcher = "module.exports = (name) => import('./' + name + '.mjs');\n";

const licenceName = /^(licen[cs]e|copying|notice|copyright)/i;

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort();
}

/** The folder of a package as seen from another folder, the way node looks it up. */
function packageFolder(name, from) {
  for (let folder = from; ; folder = dirname(folder)) {
    const found = join(folder, 'node_modules', name);
    if (existsSync(join(found, 'package.json'))) return found;
    if (folder === dirname(folder)) throw new Error(`the npm package ${name} is not installed`);
  }
}

/** The folders of the packages and of all they need, each once. */
function closure(names, from, found = new Map()) {
  for (const name of names) {
    const folder = packageFolder(name, from);
    if (found.has(folder)) continue;
    const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    found.set(folder, name);
    closure(Object.keys(dependencies).sort(), folder, found);
  }
  return found;
}

/**
 * classic-level, which the bundles leave outside for its native part: its JavaScript in one file, so that a start has few
 * files to look at.
 */
async function classicLevel(root) {
  const { build } = await import('esbuild');
  const folder = packageFolder('classic-level', join(root, 'node_modules/level'));
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [join(folder, 'index.js')],
    bundle: true,
    write: false,
    minifySyntax: true,
    minifyWhitespace: true,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    external: ['./classic-level.node'],
    plugins: [
      {
        name: 'native part beside it',
        setup({ onLoad }) {
          onLoad({ filter: /classic-level\/binding\.js$/ }, () => ({
            contents: "module.exports = require('./classic-level.node');",
          }));
        },
      },
    ],
    logLevel: 'warning',
  });
  const entry = "import level from './level.cjs';\nexport const { ClassicLevel } = level;\n";
  const files = {
    'package.json': JSON.stringify({ name: 'classic-level', version, type: 'module', exports: './index.js' }),
    'index.js': entry,
    'level.cjs': outputFiles[0].contents,
    'classic-level.node': readFileSync(join(folder, 'prebuilds/linux-x64/classic-level.node')),
  };
  return Object.entries(files).map(([name, bytes]) => [
    `node_modules/classic-level/${name}`,
    Buffer.from(bytes),
  ]);
}

function licencesBelow(folder) {
  return readdirSync(folder)
    .filter((name) => licenceName.test(name) && statSync(join(folder, name)).isFile())
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8').trim());
}

/** Licences of the runtime, of the libraries and of every package that runs. */
function licences(root, runtime, pcap) {
  const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const npm = [...closure(Object.keys(own.dependencies).sort(), root)]
    .map(([folder, name]) => {
      const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const texts = licencesBelow(folder);
      return [`${name} ${version}`, texts.length > 0 ? texts : [`Licence: ${license}`]];
    })
    .sort(([one], [other]) => (one < other ? -1 : 1));
  const all = [
    ['skydive', licencesBelow(root)],
    ['node', licencesBelow(runtime)],
    ['libpcap', licencesBelow(pcap)],
    ['libre2', [readFileSync('/usr/share/doc/libre2-dev/copyright', 'utf8').trim()]],
    ...npm,
  ];
  return all.map(([name, texts]) => `==== ${name}\n\n${texts.join('\n\n')}\n`).join('\n');
}

/** File name in the folder of parts → contents. `addon`: file name → path of the addon and its libraries. */
export async function collectParts({ root, addon, runtime, pcap }) {
  const paths = new Map();
  for (const name of filesBelow(join(root, 'dist'))) {
    // The executable itself may lie there too.
    if (/\.(mjs|js|css|html|json|svg|png|woff2|wasm)$/.test(name)) paths.set(name, join(root, 'dist', name));
  }
  for (const [name, path] of addon) paths.set(name, path);
  const contents = new Map([...paths].map(([name, path]) => [name, readFileSync(path)]));
  for (const [name, bytes] of await classicLevel(root)) contents.set(name, bytes);
  contents.set('launch.cjs', Buffer.from(launcher));
  contents.set('LICENCES.txt', Buffer.from(licences(root, runtime, pcap)));
  return contents;
}

/** The list that names the parts (boot/part.ts) and their bytes, one after the other. */
export function packParts(contents) {
  const parts = [...contents]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([path, bytes]) => ({
      path,
      size: bytes.length,
      mode: /\.(node|so(\.\d+)*)$/.test(path) ? 0o755 : 0o644,
    }));
  const bytes = Buffer.concat(parts.map(({ path }) => contents.get(path)));
  const hash = createHash('sha256').update(JSON.stringify(parts)).update(bytes).digest('hex').slice(0, 32);
  return { list: { hash, parts }, bytes };
}
