// SPDX-License-Identifier: Apache-2.0
// Writes the captures of the golden tests: `node out/tools/pcap-generate.js FOLDER`. The flows beside them were
// measured on the original and do not change with this program; a test holds that it still writes the same files.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { captures } from './pcap/captures.js';
import { pcap } from './pcap/frames.js';

const folder = process.argv[2];
if (folder === undefined) {
  process.stderr.write('usage: pcap-generate FOLDER\n');
  process.exit(1);
}
mkdirSync(folder, { recursive: true });
for (const [name, { linkType, frames }] of Object.entries(captures)) {
  writeFileSync(join(folder, `${name}.pcap`), pcap(linkType, frames));
}
