// SPDX-License-Identifier: Apache-2.0

import { declareKeys } from '../config/key.js';

const levels = 'CRITICAL, ERROR, WARNING, NOTICE, INFO or DEBUG';

export const logKeys = declareKeys([
  {
    key: 'logging.backends',
    type: 'list',
    default: ['stderr'],
    doc: 'Where log lines go: any of stderr, stdout, file, syslog.',
  },
  {
    key: 'logging.level',
    type: 'string',
    default: 'INFO',
    doc: `Least level that is logged: ${levels}; any other text means DEBUG.`,
  },
  {
    key: 'logging.color',
    type: 'bool',
    default: true,
    doc: 'Coloured level names; when not set, only on a terminal.',
  },
  { key: 'logging.encoder', type: 'string', default: '', doc: 'Form of the lines: json or console.' },
  { key: 'logging.*.level', type: 'string', doc: 'Level of one backend, instead of logging.level.' },
  { key: 'logging.*.encoder', type: 'string', doc: 'Form of one backend, instead of logging.encoder.' },
  {
    key: 'logging.file.path',
    type: 'string',
    default: '/var/log/skydive.log',
    doc: 'File of the backend file; it is emptied at start.',
  },
  {
    key: 'logging.syslog.address',
    type: 'string',
    default: '/dev/log',
    doc: 'Socket path, or host:port, of the backend syslog.',
  },
  {
    key: 'logging.syslog.protocol',
    type: 'string',
    default: 'unixgram',
    doc: 'unixgram, unix, udp or tcp.',
    check: (value) =>
      ['unixgram', 'unix', 'udp', 'tcp'].includes(String(value))
        ? undefined
        : 'it must be unixgram, unix, udp or tcp',
  },
  { key: 'logging.syslog.tag', type: 'string', default: 'skydive', doc: 'Program name in syslog lines.' },
  {
    key: 'logging.id',
    type: 'string',
    doc: 'Set by the program: agent, analyzer or seed, in front of each message.',
  },
]);
