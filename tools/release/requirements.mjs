// SPDX-License-Identifier: Apache-2.0
// What the executable and the libraries in it ask of a host, read from the files themselves.
import { run } from './run.mjs';

/** Newest version of each symbol set that a file may use: glibc 2.34 and the libstdc++ of its time (GCC 11). */
const newest = { GLIBC: [2, 34], GLIBCXX: [3, 4, 29], CXXABI: [1, 3, 13], GCC: [7, 0, 0] };

/** Shared libraries of glibc and GCC, which every host has that runs a C++ program (apt is one). */
const everywhere = new Set([
  'ld-linux-x86-64.so.2',
  'libc.so.6',
  'libdl.so.2',
  'libgcc_s.so.1',
  'libm.so.6',
  'libpthread.so.0',
  'libstdc++.so.6',
]);

function isNewer(version, limit) {
  for (const [i, most] of limit.entries()) {
    const part = version[i] ?? 0;
    if (part !== most) return part > most;
  }
  return version.length > limit.length;
}

/** What is wrong with a file: symbols that are too new, libraries that hosts need not have. `beside`: those we bring. */
export function unmet(path, beside) {
  const dynamic = run('objdump', ['-p', path]);
  const needed = [...dynamic.matchAll(/^\s+NEEDED\s+(\S+)/gm)].map(([, name]) => name);
  if (needed.length === 0) return [`${path} is no dynamic executable or library`];
  const libraries = needed
    .filter((name) => !everywhere.has(name) && !beside.has(name))
    .map((name) => `${path} needs ${name}, which hosts need not have`);
  const symbols = [
    ...new Set(
      [...run('objdump', ['-T', path]).matchAll(/\b(GLIBC|GLIBCXX|CXXABI|GCC)_([\d.]+)/g)].map(
        ([text]) => text,
      ),
    ),
  ]
    .filter((text) => {
      const [set, version] = text.split('_');
      return isNewer(version.split('.').map(Number), newest[set]);
    })
    .map((text) => `${path} uses ${text}, newer than ${newest[text.split('_')[0]].join('.')}`);
  return [...libraries, ...symbols];
}
