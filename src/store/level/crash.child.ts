// SPDX-License-Identifier: Apache-2.0
// Child of crash.test.ts: appends without end, and prints what is said to be safe. Killed by its parent.

import { writeSync } from 'node:fs';
import type { Node } from '../../graph/element.js';
import { added, deleted, edge, node, updated } from '../history.contract.js';
import { LevelHistory } from './history.js';

const [folder, seed] = [process.argv[2]!, Number(process.argv[3])];
const history = await LevelHistory.open({ folder, retention: { maxSizeBytes: 1024 * 1024 } });

let counter = 0;
for await (const { element } of history.current()) {
  const step = element.Metadata['counter'];
  if (typeof step === 'number') counter = Math.max(counter, step);
}
writeSync(1, `open ${counter}\n`);
const began = Date.now();
let tick: Node = node(`tick-${seed}`, began, { Name: 'tick', counter: ++counter });
history.append(added(tick));
for (;;) {
  for (let step = 0; step < 50; step++) {
    const [next, event] = updated(tick, Date.now(), {
      Name: 'tick',
      counter: ++counter,
      text: 'x'.repeat(counter % 300),
    });
    history.append(event);
    tick = next;
    const passing = node(`passing-${seed}-${counter}`, Date.now(), { Name: `passing ${counter}` });
    const link = edge(`link-${seed}-${counter}`, Date.now(), tick.ID, passing.ID);
    for (const element of [passing, link]) history.append(added(element));
    for (const element of [link, passing]) history.append(deleted(element, Date.now() + 1));
  }
  const appended = counter;
  // The time of what has to be there after a kill: flushed ones at once, others after a second.
  writeSync(1, `appended ${appended} ${Date.now()}\n`);
  if (counter % 3 === 0) {
    await history.flush();
    writeSync(1, `flushed ${appended} ${Date.now()}\n`);
  }
  await new Promise((resolve) => setTimeout(resolve, 1));
}
