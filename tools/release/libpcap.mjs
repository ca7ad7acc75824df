// SPDX-License-Identifier: Apache-2.0
// libpcap (BSD) for linking into a shared object, without the devices that need other libraries: the distribution's
// archive is neither position independent nor free of D-Bus. Its source comes from the distribution.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.mjs';

const version = '1.10.3';
const sha256 = '2a8885c403516cf7b0933ed4b14d6caa30e02052489ebd414dc75ac52e7559e6';
const without = ['dbus', 'usb', 'bluetooth', 'rdma', 'remote', 'shared'];

/** The binary package sources of this host, as source package sources. */
function sourceEntries() {
  const deb822 = [];
  const lines = [];
  const folder = '/etc/apt/sources.list.d';
  const names = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  for (const path of ['/etc/apt/sources.list', ...names].filter(existsSync)) {
    const text = readFileSync(path, 'utf8');
    if (path.endsWith('.sources')) deb822.push(text.replace(/^Types:.*$/gm, 'Types: deb-src'));
    else if (path.endsWith('.list')) lines.push(text.replace(/^\s*deb\s/gm, 'deb-src '));
  }
  return { 'host.sources': deb822.join('\n\n'), 'host.list': lines.join('\n') };
}

/** Fetches the source into `folder` by apt, with lists of its own: what apt of this host knows stays as it is. */
function fetchSource(folder) {
  const parts = join(folder, 'sources.list.d');
  for (const path of [parts, join(folder, 'lists/partial'), join(folder, 'cache/archives/partial')]) {
    mkdirSync(path, { recursive: true });
  }
  for (const [name, text] of Object.entries(sourceEntries())) writeFileSync(join(parts, name), `${text}\n`);
  const options = [
    'Dir::Etc::SourceList=/dev/null',
    `Dir::Etc::SourceParts=${parts}`,
    `Dir::State::Lists=${join(folder, 'lists')}`,
    `Dir::Cache=${join(folder, 'cache')}`,
    'APT::Sandbox::User=',
  ].flatMap((option) => ['-o', option]);
  run('apt-get', ['-q', ...options, 'update'], { cwd: folder });
  run('apt-get', ['-q', ...options, 'source', '--download-only', 'libpcap'], { cwd: folder });
  const archive = join(folder, `libpcap_${version}.orig.tar.gz`);
  if (!existsSync(archive)) {
    throw new Error(`this distribution has no source of libpcap ${version}: build on Debian 12`);
  }
  const found = createHash('sha256').update(readFileSync(archive)).digest('hex');
  if (found !== sha256) throw new Error(`the source of libpcap ${version} is ${found}, expected ${sha256}`);
  return archive;
}

/** A folder with libpcap.a and LICENSE, nothing else: a linker that looks there finds no shared library. */
export function buildLibpcap(cache) {
  const folder = join(cache, `libpcap-${version}`);
  if (existsSync(folder)) return folder;
  const fresh = `${folder}.new-${process.pid}`;
  const made = join(fresh, 'made');
  mkdirSync(made, { recursive: true });
  try {
    run('tar', ['-xzf', fetchSource(fresh), '--no-same-owner'], { cwd: fresh });
    const source = join(fresh, `libpcap-${version}`);
    const compiler = {
      CFLAGS: `-O2 -fPIC -fvisibility=hidden -ffile-prefix-map=${source}=.`,
      ARFLAGS: 'rcD',
    };
    const configure = [...without.map((name) => `--disable-${name}`), '--without-libnl'];
    run('./configure', configure, { cwd: source, env: { ...process.env, ...compiler } });
    run('make', ['libpcap.a'], { cwd: source });
    renameSync(join(source, 'libpcap.a'), join(made, 'libpcap.a'));
    renameSync(join(source, 'LICENSE'), join(made, 'LICENSE'));
    renameSync(made, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return folder;
}
