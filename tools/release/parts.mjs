// SPDX-License-Identifier: Apache-2.0
// What the executable carries beside the runtime: the bundles, the addon with its library, eBPF objects, the packages
// that are not bundled, and the licences of all that is inside.
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

/** Whether a file of a package is needed when it runs here. */
function runs(path) {
  if (/(^|\/)(test|tests|deps|benchmark|types|node_modules|\.github)\//.test(path)) return false;
  if (path.endsWith('.node')) return path.startsWith('prebuilds/linux-x64/') && !path.includes('musl');
  return /\.(js|cjs|mjs|json)$/.test(path);
}

/** The packages that the bundles leave outside: classic-level, for its native part. */
function packages(root) {
  const parts = new Map();
  for (const folder of closure(['classic-level'], join(root, 'node_modules/level')).keys()) {
    const base = folder.slice(folder.indexOf('node_modules'));
    for (const path of filesBelow(folder).filter(runs)) parts.set(join(base, path), join(folder, path));
  }
  return parts;
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
  const debian = ['libre2-dev', 'libbpf-dev']
    .map((name) => [name, `/usr/share/doc/${name}/copyright`])
    .filter(([, path]) => existsSync(path))
    .map(([name, path]) => [name, [readFileSync(path, 'utf8').trim()]]);
  const all = [
    ['skydive', licencesBelow(root)],
    ['node', licencesBelow(runtime)],
    ['libpcap', licencesBelow(pcap)],
    ...debian,
    ...npm,
  ];
  return all.map(([name, texts]) => `==== ${name}\n\n${texts.join('\n\n')}\n`).join('\n');
}

/** File name in the folder of parts → contents. `addon`: file name → path of the addon and its libraries. */
export function collectParts({ root, addon, runtime, pcap }) {
  const paths = new Map(packages(root));
  for (const name of filesBelow(join(root, 'dist'))) {
    // The executable itself may lie there too.
    if (/\.(mjs|js|css|html|json|svg|png|woff2|wasm)$/.test(name)) paths.set(name, join(root, 'dist', name));
  }
  const objects = join(root, 'build');
  for (const name of filesBelow(objects).filter((path) => path.endsWith('.bpf.o'))) {
    paths.set(name.replace(/^Release\//, ''), join(objects, name));
  }
  for (const [name, path] of addon) paths.set(name, path);
  const contents = new Map([...paths].map(([name, path]) => [name, readFileSync(path)]));
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
      sha256: createHash('sha256').update(bytes).digest('hex'),
    }));
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
  return { list: { hash, parts }, bytes: Buffer.concat(parts.map(({ path }) => contents.get(path))) };
}
