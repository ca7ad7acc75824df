// SPDX-License-Identifier: Apache-2.0
// Prints the C++ files of the addon, one a line, for binding.gyp: a new file needs no edit there.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const rooms = ['kernel', 'capture', 'layers', 'flow', 'injector', 'addon'];
const root = join(import.meta.dirname, '..');
for (const room of rooms.filter((room) => existsSync(join(root, 'native', room)))) {
  for (const name of readdirSync(join(root, 'native', room), { recursive: true }).sort()) {
    if (name.endsWith('.cc') && !name.endsWith('_test.cc')) console.log(join('native', room, name));
  }
}
