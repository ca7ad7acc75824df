// SPDX-License-Identifier: Apache-2.0
// The embedded key-value store, served as an analyzer serves it, in a process that is there to be killed.

import { silentLogger } from '../../src/log/logger.js';
import { KeySpace } from '../../src/store/kv/embedded/space.js';
import { KvServer } from '../../src/store/kv/server/server.js';

const [folder, port] = [process.argv[2]!, Number(process.argv[3])];
const space = await KeySpace.open({ folder, logger: silentLogger });
const listen = { host: '127.0.0.1', port };
await new KvServer({ space, listen, name: 's1', logger: silentLogger, mayWrite: () => false }).start();
