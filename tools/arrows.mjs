// SPDX-License-Identifier: Apache-2.0
// Holds the arrows between rooms: who may import whom. Reads import lines only; every room may import itself,
// src/errors.ts and src/version.ts. C++ rooms are held the same way by their #include lines.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';

const root = join(import.meta.dirname, '..');

/** Room → rooms it may import. `*` = all. */
const src = {
  config: [],
  log: ['native'],
  json: [],
  native: [],
  ovs: ['json', 'log'],
  wire: ['json', 'log', 'native'],
  graph: ['native'],
  flow: ['native', 'graph', 'ovs', 'log', 'json'],
  gremlin: ['graph', 'flow', 'native'],
  store: ['graph', 'flow', 'native', 'log', 'json'],
  topology: ['graph', 'ovs', 'native', 'log'],
  k8s: ['graph', 'log', 'json'],
  sync: ['graph', 'gremlin', 'wire', 'json', 'log'],
  auth: ['store', 'log'],
  services: ['graph', 'gremlin', 'store', 'wire', 'sync', 'flow', 'native', 'log', 'json'],
  explain: ['graph', 'k8s', 'flow'],
  api: ['services', 'gremlin', 'graph', 'auth', 'json', 'log', 'config', 'wire'],
  agent: ['*'],
  analyzer: ['*'],
  cli: [
    'gremlin',
    'config',
    'auth',
    'log',
    'wire',
    'agent',
    'analyzer',
    'services',
    'json',
    'native',
    'topology',
  ],
  ui: [],
  tripleo: [],
};
/** Interfaces open to all, as are the declarations of a room's configuration keys (`<room>/keys.ts`). */
const open = new Set(['src/config/address.ts', 'src/config/key.ts', 'src/log/logger.ts']);
const declaresKeys = /^src\/.*\/keys\.ts$/;
const native = {
  kernel: [],
  layers: [],
  flow: ['layers'],
  capture: ['kernel', 'layers', 'flow', 'bpf'],
  injector: ['kernel'],
  bpf: [],
  addon: ['*'],
  fuzz: ['layers', 'flow', 'capture'],
};

const broken = [];
function walk(folder, accept, visit) {
  if (!existsSync(join(root, folder))) return;
  for (const name of readdirSync(join(root, folder), { recursive: true })) {
    if (accept(name)) visit(join(folder, name), readFileSync(join(root, folder, name), 'utf8'));
  }
}
function hold(rules, from, to, path, target) {
  if (from === to || rules[from]?.includes('*') || rules[from]?.includes(to)) return;
  broken.push(`${path}: ${from} may not import ${to} (${target})`);
}
walk(
  'src',
  (name) => name.endsWith('.ts'),
  (path, text) => {
    const room = path.split('/')[1];
    if (path.split('/').length > 2 && !(room in src))
      broken.push(`${path}: room ${room} is not in tools/arrows.mjs`);
    for (const [, target] of text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)) {
      const to = normalize(join(path, '..', target)).replace(/\.js$/, '.ts');
      // A test may look at whatever it needs to set its scene.
      if (open.has(to) || declaresKeys.test(to) || path.endsWith('.test.ts') || to.split('/').length === 2)
        continue;
      hold(src, room, to.split('/')[1], path, target);
    }
  },
);
walk(
  'native',
  (name) => /\.(cc|h|c)$/.test(name),
  (path, text) => {
    for (const [, room, file] of text.matchAll(/#include "([a-z]+)\/([^"]+)"/g)) {
      if (room in native) hold(native, path.split('/')[1], room, path, file);
    }
  },
);
for (const line of broken) process.stderr.write(`arrows: ${line}\n`);
process.exit(broken.length > 0 ? 1 : 0);
