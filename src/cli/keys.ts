// SPDX-License-Identifier: Apache-2.0

import { agentKeys } from '../agent/keys.js';
import { analyzerKeys } from '../analyzer/keys.js';
import { apiKeys } from '../api/keys.js';
import { authKeys } from '../auth/keys.js';
import type { ConfigKey } from '../config/key.js';
import { commonKeys } from '../config/keys.js';
import { flowKeys } from '../flow/keys.js';
import { gremlinKeys } from '../gremlin/keys.js';
import { logKeys } from '../log/keys.js';
import { ovsKeys } from '../ovs/keys.js';
import { storeKeys } from '../store/keys.js';
import { etcdKeys } from '../store/kv/keys.js';
import { topologyKeys } from '../topology/keys.js';
import { wireKeys } from '../wire/keys.js';

/** The keys of every room. A new room adds its `keys.ts` here. */
export const roomKeys: readonly (readonly ConfigKey[])[] = [
  commonKeys,
  agentKeys,
  analyzerKeys,
  apiKeys,
  authKeys,
  etcdKeys,
  flowKeys,
  gremlinKeys,
  logKeys,
  ovsKeys,
  storeKeys,
  topologyKeys,
  wireKeys,
];
