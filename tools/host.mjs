// SPDX-License-Identifier: Apache-2.0
// What start, test and CI need of the host: Debian packages, npm packages, and the user to build as. Imports no
// package: it runs before there is any.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chownSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..');

export const isRoot = process.geteuid() === 0;

/** What the addon is compiled with. */
export const buildPackages = ['g++', 'make', 'python3', 'libre2-dev', 'libpcap-dev', 'libbpf-dev'];

/** What `npm test` runs beside it. */
export const testPackages = [
  'bpftool',
  'bsdutils',
  'clang-14',
  'curl',
  'ethtool',
  'iperf3',
  'iproute2',
  'iputils-ping',
  'libclang-rt-14-dev',
  'libgtest-dev',
  'nfdump',
  'openssl',
  'python3-yaml',
  'softflowd',
  'tcpdump',
];

/** What `npm run test:all` needs beside it; the servers themselves come by tools/setup. */
export const serverTestPackages = ['python3-venv'];

/** The user who called sudo, to build as: no file of the clone may end up owned by root. */
function caller() {
  const uid = Number(process.env.SUDO_UID ?? 0);
  if (!isRoot || uid === 0) return undefined;
  const entry = spawnSync('getent', ['passwd', String(uid)], { encoding: 'utf8' }).stdout?.split(':') ?? [];
  return { uid, gid: Number(process.env.SUDO_GID ?? uid), name: entry[0] ?? '', home: entry[5] ?? '/tmp' };
}

const user = caller();
// npm hands these to its scripts; they name folders of root that the caller cannot write.
const rootsOwn = /^npm_config_(cache|userconfig|globalconfig|prefix|local_prefix|init_module|logs_dir|tmp)$/;

function environment() {
  if (user === undefined) return process.env;
  const kept = Object.entries(process.env).filter(([name]) => !rootsOwn.test(name));
  return { ...Object.fromEntries(kept), HOME: user.home, USER: user.name, LOGNAME: user.name };
}

/** Runs a program as the calling user, its output passed on. Ends this process when it fails. */
export function runAsCaller(program, args, options = {}) {
  const identity = user === undefined ? {} : { uid: user.uid, gid: user.gid };
  const run = spawnSync(program, args, {
    cwd: root,
    stdio: 'inherit',
    env: environment(),
    ...identity,
    ...options,
  });
  if (run.error) fail(`cannot run ${program}: ${run.error.message}`);
  if (run.signal) process.exit(130);
  if (run.status !== 0) fail(`${program} ${args.join(' ')} failed (exit ${run.status})`);
}

export function say(text) {
  process.stdout.write(`skydive: ${text}\n`);
}

export function fail(text) {
  process.stderr.write(`skydive: ${text}\n`);
  process.exit(1);
}

function missing(packages) {
  const asked = spawnSync('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\n', ...packages], {
    encoding: 'utf8',
  });
  if (asked.error) return undefined;
  const installed = new Set();
  for (const line of asked.stdout.split('\n')) {
    const [name, status] = line.split(' ');
    if (status === 'installed') installed.add(name);
  }
  return packages.filter((name) => !installed.has(name));
}

/** Installs the Debian packages that are missing, saying which and why. */
export function needDebianPackages(packages, why) {
  const absent = missing(packages);
  if (absent === undefined) {
    say(
      `this is not a Debian system: make sure that what these packages hold is there (${why}): ${packages.join(' ')}`,
    );
    return;
  }
  if (absent.length === 0) return;
  const install = ['install', '-y', '--no-install-recommends', ...absent];
  if (!isRoot) fail(`missing ${why}; run: sudo apt-get ${install.join(' ')}`);
  say(`installing Debian packages (${why}): ${absent.join(' ')}`);
  const apt = (args) =>
    spawnSync('apt-get', ['-q', '-o', 'Dpkg::Use-Pty=0', '-o', 'DPkg::Lock::Timeout=120', ...args], {
      stdio: 'inherit',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    }).status === 0;
  // A half-configured package is what an interrupted run leaves behind.
  spawnSync('dpkg', ['--configure', '-a'], { stdio: 'inherit' });
  if (apt(install)) return;
  say('refreshing the list of packages');
  if (!apt(['update']) || !apt(install))
    fail(`could not install ${absent.join(' ')}; mend the cause above and run again`);
}

/**
 * Installs the npm packages of package-lock.json, unless these very ones are there. Not `npm ci`: it refuses a lock
 * that lacks an optional binary of some other platform (npm/cli#9846).
 */
export function needNpmPackages() {
  const stamp = join(root, 'node_modules/.skydive-lock');
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  say('installing npm packages into node_modules (package-lock.json)');
  runAsCaller('npm', [
    'install',
    '--no-save',
    '--include=dev',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]);
  writeFileSync(stamp, wanted);
  if (user !== undefined) chownSync(stamp, user.uid, user.gid);
}

/** Builds the addon and the bundles; with `tests` also what `node --test` runs. */
export function build({ tests = false } = {}) {
  runAsCaller(process.execPath, [join(root, 'tools/build.mjs'), ...(tests ? ['--tests'] : [])]);
}
