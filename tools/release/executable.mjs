// SPDX-License-Identifier: Apache-2.0
// Puts boot/main.ts and the parts into a copy of the runtime: node's own single executable applications.
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { run } from './run.mjs';

/** Where the runtime looks for its application; the value is part of node's documentation. */
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/** Makes the executable in the cache and returns its path. */
export async function makeExecutable({ root, cache, runtime, injector, list, bytes }) {
  const { build } = await import('esbuild');
  const stage = join(cache, 'executable');
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(stage, { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: ['tools/release/boot/main.ts'],
    outfile: join(stage, 'boot.cjs'),
    bundle: true,
    minifySyntax: true,
    minifyWhitespace: true,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    logLevel: 'warning',
  });
  writeFileSync(join(stage, 'list.json'), JSON.stringify(list));
  writeFileSync(join(stage, 'parts.bin'), bytes);
  const config = {
    main: 'boot.cjs',
    output: 'application.blob',
    disableExperimentalSEAWarning: true,
    useCodeCache: false,
    assets: { list: 'list.json', parts: 'parts.bin' },
  };
  writeFileSync(join(stage, 'sea.json'), JSON.stringify(config));
  const node = join(runtime, 'bin/node');
  run(node, ['--experimental-sea-config', 'sea.json'], { cwd: stage, env: {} });
  const executable = join(stage, 'skydive');
  copyFileSync(node, executable);
  chmodSync(executable, 0o755);
  // Debug information and names of its functions: 18 MB that nothing here reads.
  run('strip', ['--strip-all', executable]);
  const { inject } = createRequire(import.meta.url)(join(injector, 'dist/api.js'));
  await quietly(() =>
    inject(executable, 'NODE_SEA_BLOB', readFileSync(join(stage, 'application.blob')), {
      sentinelFuse: fuse,
    }),
  );
  return executable;
}

/** The injector warns about section names of node, which it leaves as they are. */
async function quietly(work) {
  const { log, warn, error } = console;
  console.log = () => {};
  console.warn = () => {};
  console.error = () => {};
  try {
    return await work();
  } finally {
    Object.assign(console, { log, warn, error });
  }
}
