// SPDX-License-Identifier: Apache-2.0

import { declareKeys, positive } from '../config/key.js';

export const wireKeys = declareKeys([
  {
    key: 'http.cookie',
    type: 'map',
    sample: { session: 'abc' },
    doc: 'Extra cookies on outgoing WebSocket connections; names become lower case.',
    secret: true,
  },
  {
    key: 'http.ws.ping_delay',
    type: 'int',
    default: 2,
    unit: 's',
    doc: 'Period of the pings a server sends.',
    check: positive,
  },
  {
    key: 'http.ws.pong_timeout',
    type: 'int',
    default: 5,
    unit: 's',
    doc: 'A connection that is silent for this time plus ping_delay is dead.',
    check: positive,
  },
  {
    key: 'http.ws.queue_size',
    type: 'int',
    default: 10_000,
    unit: 'messages',
    doc: 'Queue of each connection; a client that overruns it is resynchronised.',
    check: positive,
  },
  {
    key: 'http.ws.enable_write_compression',
    type: 'bool',
    default: true,
    doc: 'Offer compression; it costs eight times the CPU and is off unless the other side insists.',
  },
  {
    key: 'http.ws.max_message_size',
    type: 'size',
    default: 16_777_216,
    unit: 'bytes',
    doc: 'Largest message accepted on API endpoints; links between agents and analyzers take up to 1 GiB.',
    check: positive,
  },
  { key: 'http.ws.bulk_maxmsgs', type: 'int', doc: 'Not read.', unused: true },
  { key: 'http.ws.bulk_maxdelay', type: 'int', unit: 's', doc: 'Not read.', unused: true },
]);
