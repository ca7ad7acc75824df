// SPDX-License-Identifier: Apache-2.0
// `node tools/bpf.mjs`: compiles native/bpf/flow.bpf.c with clang and writes native/bpf/flow_image.h, which the addon
// carries: building the addon then needs neither clang nor libbpf. `--check` only says whether the file is right.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'native/bpf');
const image = join(folder, 'flow_image.h');
/** The compiler whose output is committed: other versions make other instructions. */
export const compiler = 'clang-14';
const relocationOfMap = 1;

/** What the image is made of, as one number. */
export function sourceDigest() {
  const hash = createHash('sha256');
  for (const name of ['flow.bpf.c', 'flow.h']) hash.update(readFileSync(join(folder, name)));
  return hash.digest('hex');
}

/** Sections, symbols and the relocations of one section of a 64-bit little-endian ELF file. */
function readObject(file, wanted) {
  const at = Number(file.readBigUInt64LE(40));
  const count = file.readUInt16LE(60);
  const sections = Array.from({ length: count }, (_, i) => {
    const header = file.subarray(at + i * 64, at + i * 64 + 64);
    const offset = Number(header.readBigUInt64LE(24));
    return {
      name: header.readUInt32LE(0),
      type: header.readUInt32LE(4),
      link: header.readUInt32LE(40),
      info: header.readUInt32LE(44),
      bytes: file.subarray(offset, offset + Number(header.readBigUInt64LE(32))),
    };
  });
  const text = (table, offset) => table.subarray(offset, table.indexOf(0, offset)).toString();
  const names = sections[file.readUInt16LE(62)].bytes;
  const index = sections.findIndex(({ name, type }) => type === 1 && text(names, name) === wanted);
  const uses = [];
  for (const { type, info, link, bytes } of sections) {
    if (type !== 9 || info !== index) continue;
    const symbols = sections[link];
    const strings = sections[symbols.link].bytes;
    for (let entry = 0; entry < bytes.length; entry += 16) {
      const kind = bytes.readUInt32LE(entry + 8);
      if (kind !== relocationOfMap) throw new Error(`flow.bpf.c: relocation ${kind} is not for a map`);
      const symbol = symbols.bytes.subarray(bytes.readUInt32LE(entry + 12) * 24);
      uses.push({
        instruction: Number(bytes.readBigUInt64LE(entry)) / 8,
        map: text(strings, symbol.readUInt32LE(0)),
      });
    }
  }
  return { code: sections[index].bytes, uses };
}

/** The text of flow_image.h; undefined without the compiler. */
export function makeImage() {
  const scratch = mkdtempSync(join(tmpdir(), 'skydive-bpf-'));
  try {
    const object = join(scratch, 'flow.o');
    const flags = ['-O2', '-target', 'bpf', '-mcpu=v3', '-Wall', '-Wextra', '-Werror'];
    flags.push('-Wno-missing-field-initializers', '-I/usr/include/x86_64-linux-gnu');
    const made = spawnSync(compiler, [...flags, '-c', 'flow.bpf.c', '-o', object], {
      cwd: folder,
      encoding: 'utf8',
    });
    if (made.error) return undefined;
    if (made.status !== 0) throw new Error(`${compiler} failed:\n${made.stderr}`);
    const { code, uses } = readObject(readFileSync(object), 'flow');
    const words = Array.from(
      { length: code.length / 8 },
      (_, i) =>
        `0x${code
          .readBigUInt64LE(i * 8)
          .toString(16)
          .padStart(16, '0')}`,
    );
    const lines = [];
    for (let i = 0; i < words.length; i += 5) lines.push(`    ${words.slice(i, i + 5).join(', ')},`);
    const title = (name) => `k${name[0].toUpperCase()}${name.slice(1)}`;
    return `// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Made by tools/bpf.mjs with ${compiler} of flow.bpf.c and flow.h, whose SHA-256 is
// ${sourceDigest()}
// clang-format off
#pragma once

#include <cstdint>

namespace skydive::bpf {

enum class Map : uint8_t { kFlows, kRing, kShared, kWork };

// An instruction that loads a map: its file descriptor belongs there.
struct MapUse {
  uint32_t instruction;
  Map map;
};

inline constexpr MapUse kFlowProgramMaps[] = {
${uses.map(({ instruction, map }) => `    {${instruction}, Map::${title(map)}},`).join('\n')}
};

inline constexpr uint64_t kFlowProgram[] = {
${lines.join('\n')}
};

}  // namespace skydive::bpf
`;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

if (process.argv[1] === import.meta.filename) {
  const text = makeImage();
  if (text === undefined) {
    process.stderr.write(`bpf: ${compiler} is missing: install the package ${compiler}\n`);
    process.exit(1);
  }
  if (!process.argv.includes('--check')) {
    writeFileSync(image, text);
  } else if (readFileSync(image, 'utf8') !== text) {
    process.stderr.write(
      'bpf: native/bpf/flow_image.h is not what its sources give: run node tools/bpf.mjs\n',
    );
    process.exit(1);
  }
}
