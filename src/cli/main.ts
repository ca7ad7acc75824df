// SPDX-License-Identifier: Apache-2.0

import { version } from '../version.js';

process.stdout.write(`skydive github.com/skydive-project/skydive ${version}\n`);
