// SPDX-License-Identifier: Apache-2.0
// `npm start`: installs what is missing, builds, runs `skydive allinone` and says where to look.
import { spawn } from 'node:child_process';
import { get } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';
import {
  build,
  buildPackages,
  fail,
  isRoot,
  needDebianPackages,
  needNpmPackages,
  root,
  say,
} from './host.mjs';

const major = Number(process.versions.node.split('.')[0]);
if (major < 20) {
  process.stderr.write(
    `skydive: Node ${process.version} is too old, 20 or newer is needed: https://nodejs.org\n`,
  );
  process.exit(1);
}

needDebianPackages(buildPackages, 'to compile the native part');
needNpmPackages();
build();

const env = { ...process.env };
if (!isRoot) {
  const data = join(process.env.XDG_DATA_HOME ?? join(homedir(), '.local/share'), 'skydive');
  env.SKYDIVE_STORAGE_LEVEL_PATH ??= join(data, 'history');
  env.SKYDIVE_ETCD_DATA_DIR ??= join(data, 'etcd');
  env.SKYDIVE_ETCD_DATA_DIR ??= join(data, 'etcd');
  say(
    `running without root: history goes to ${env.SKYDIVE_STORAGE_LEVEL_PATH}; other network namespaces, captures`,
  );
  say('and what only root may read of the hardware cannot be seen (sudo npm start shows all)');
}

const address = env.SKYDIVE_ANALYZER_LISTEN ?? '127.0.0.1:8082';
const url = `http://${address.replace(/^(0\.0\.0\.0)?:/, '127.0.0.1:')}`;

/** Whether something answers there. */
function answers() {
  return new Promise((resolve) => {
    get(`${url}/api`, (answer) => {
      answer.resume();
      resolve(true);
    }).on('error', () => resolve(false));
  });
}

if (await answers()) fail(`${url} is in use: stop what runs there, or set SKYDIVE_ANALYZER_LISTEN`);

const started = Date.now();
const child = spawn(
  process.execPath,
  [join(root, 'dist/skydive.mjs'), 'allinone', ...process.argv.slice(2)],
  {
    stdio: 'inherit',
    env,
  },
);
// ^C reaches the child from the terminal too; a second signal does no harm there.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));

while (!(await answers())) await new Promise((resolve) => setTimeout(resolve, 50));
say(`running after ${((Date.now() - started) / 1000).toFixed(1)} s: ${url}`);
say(`try: node ${join('dist', 'skydive.mjs')} client query "G.V().Has('Type', 'host').Out().Values('Name')"`);
say('stop with ^C');
