// SPDX-License-Identifier: Apache-2.0
// The addon of the single executable: the sources and flags of binding.gyp, compiled against the embedded runtime's
// headers, with libpcap and libstdc++ (GPL with the exception for what it is part of) inside. libre2 (BSD) lies beside it, found by $ORIGIN: the distribution's archive of it is not
// position independent. No LGPL library goes inside.
import { cpSync, existsSync, mkdirSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildLibpcap } from './libpcap.mjs';
import { run } from './run.mjs';

/** Shared libraries that go beside the addon, since targets have none. */
const shared = ['libre2.so.9'];

/** What native/capture uses of libpcap: names that pull its members out of the archive. */
const pcapFunctions = [
  'pcap_open_dead',
  'pcap_compile',
  'pcap_geterr',
  'pcap_offline_filter',
  'pcap_freecode',
  'pcap_close',
];

/** Where the compiler finds a library. Throws naming it when it is not installed. */
function libraryPath(name) {
  const path = run('g++', [`-print-file-name=${name}`]);
  if (!existsSync(path)) throw new Error(`${name} is missing: install the -dev package that holds it`);
  return realpathSync(path);
}

/**
 * Compiles the addon in `cache`. Returns it and the libraries beside it: file name → path. `headers`: the unpacked
 * package of the runtime.
 */
export function buildStaticAddon(root, cache, headers) {
  const stage = join(cache, 'addon');
  mkdirSync(join(stage, 'tools'), { recursive: true });
  rmSync(join(stage, 'native'), { recursive: true, force: true });
  // With their times: make compiles again what changed.
  cpSync(join(root, 'native'), join(stage, 'native'), { recursive: true, preserveTimestamps: true });
  for (const name of ['binding.gyp', 'package.json', 'tools/native-sources.mjs']) {
    cpSync(join(root, name), join(stage, name), { preserveTimestamps: true });
  }
  const older = join(stage, 'older-glibc.o');
  run('gcc', ['-O2', '-fPIC', '-c', join(import.meta.dirname, 'older-glibc.c'), '-o', older]);
  const wanted = pcapFunctions.map((name) => `-Wl,-u,${name}`).join(' ');
  run(
    process.execPath,
    [
      join(root, 'node_modules/node-gyp/bin/node-gyp.js'),
      ...['configure', 'build', '--loglevel=error', '--jobs=2', `--nodedir=${headers}`],
    ],
    {
      cwd: stage,
      env: {
        ...process.env,
        CXXFLAGS: `-DSKYDIVE_STATIC_LIBPCAP -ffile-prefix-map=${root}=.`,
        LDFLAGS: [
          `-L${buildLibpcap(cache)} ${older} ${wanted} -lpcap -static-libstdc++ -s`,
          // Nothing of the archive may be taken for a copy that the runtime exports, nor the other way round.
          '-Wl,--exclude-libs,ALL -Wl,-Bsymbolic -Wl,--gc-sections -Wl,--build-id=none -Wl,-z,now',
          // gyp writes this into a Makefile that hands it to a shell.
          "-Wl,-rpath,'$$ORIGIN'",
        ].join(' '),
        npm_config_loglevel: 'error',
      },
    },
  );
  const libraries = shared.map((name) => [name, libraryPath(name)]);
  return new Map([['skydive.node', join(stage, 'build/Release/skydive.node')], ...libraries]);
}
