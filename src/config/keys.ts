// SPDX-License-Identifier: Apache-2.0

import { hostname } from 'node:os';
import { declareKeys } from './key.js';

/** Keys that every process has and no single room owns. */
export const commonKeys = declareKeys([
  {
    key: 'host_id',
    type: 'string',
    default: hostname(),
    defaultText: 'the host name',
    doc: 'Name of this host among all agents and analyzers; two with the same name refuse each other.',
    check: (value) => (value === '' ? 'it must not be empty' : undefined),
  },
  {
    key: 'analyzers',
    type: 'list',
    sample: ['127.0.0.1:8082'],
    doc: 'Analyzers (host:port) an agent connects to and analyzers replicate with; without any, an agent stands alone.',
    format: 'address',
  },
  { key: 'tls.client_cert', type: 'string', doc: 'PEM file: certificate for outgoing connections.' },
  { key: 'tls.client_key', type: 'string', doc: 'PEM file: key of tls.client_cert.' },
  {
    key: 'tls.server_cert',
    type: 'string',
    doc: 'PEM file: certificate of the listener; together with its key it turns TLS on.',
  },
  { key: 'tls.server_key', type: 'string', doc: 'PEM file: key of tls.server_cert.' },
  { key: 'tls.ca_cert', type: 'string', doc: 'PEM file: the authority that both sides trust.' },
  {
    key: 'tls.require_client_cert',
    type: 'bool',
    default: false,
    doc: 'Demand and verify a certificate of every client.',
  },
  { key: 'cache.expire', type: 'int', default: 300, unit: 's', doc: 'Not read any more.', unused: true },
  { key: 'cache.cleanup', type: 'int', default: 30, unit: 's', doc: 'Not read any more.', unused: true },
]);
