// SPDX-License-Identifier: Apache-2.0

import { declareKeys } from '../config/key.js';

export const apiKeys = declareKeys([
  {
    key: 'ui',
    type: 'map',
    default: {},
    sample: { theme: 'dark' },
    doc: 'Handed as a whole to the web UI; names become lower case.',
  },
  { key: 'http.rest.debug', type: 'bool', default: false, doc: 'Not read.', unused: true },
]);
