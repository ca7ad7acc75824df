// SPDX-License-Identifier: Apache-2.0
// Child of crash.test.ts: writes without end, and prints each write when it was acknowledged. Killed by its parent.

import { writeSync } from 'node:fs';
import { silentLogger } from '../../../log/logger.js';
import { embeddedKv } from './kv.js';
import { KeySpace } from './space.js';

const [folder, run] = [process.argv[2]!, process.argv[3]!];
const kv = embeddedKv(await KeySpace.open({ folder, logger: silentLogger }));

async function writer(name: string): Promise<void> {
  for (let count = 1; ; count++) {
    const value = `${run}.${count}.${'x'.repeat(count % 500)}`;
    await kv.set(`/crash/${name}`, value);
    writeSync(1, `${name} ${value}\n`);
    if (count % 5 === 0) {
      await kv.delete(`/crash/${name}`);
      writeSync(1, `${name}\n`);
    }
  }
}

await Promise.all(['a', 'b', 'c'].map(writer));
