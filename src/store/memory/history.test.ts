// SPDX-License-Identifier: Apache-2.0

import { historyContract } from '../history.contract.js';
import { MemoryHistory } from './history.js';

historyContract('memory', { open: async () => new MemoryHistory(), keeps: false });
