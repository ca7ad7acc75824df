// SPDX-License-Identifier: Apache-2.0

import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { parseAddress } from '../../config/address.js';
import { messageOf } from '../../errors.js';
import { authentications, roles } from './answers.js';
import { type Given, listed, type Question } from './question.js';
import { wrongTlsFolder, wrongTlsHost } from './tls-folder.js';

export const analyzerPort = 8082;

/** host[:port] as host:port. */
export function withPort(host: string): string {
  return /:\d+$/.test(host) && !/^[0-9a-f:]*:[0-9a-f:]*:/i.test(host) ? host : `${host}:${analyzerPort}`;
}

function wrongAddress(text: string): string | undefined {
  try {
    parseAddress(text);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function wrongAddresses(text: string): string | undefined {
  return listed(text)
    .map(withPort)
    .map(wrongAddress)
    .find((reason) => reason !== undefined);
}

function wrongHosts(text: string): string | undefined {
  const wrong = listed(text).find((host) => !/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(host));
  return wrong === undefined ? undefined : `"${wrong}" is neither a host name nor an IPv4 address`;
}

const nobody = 'there has to be one';

function wrongUser(text: string, { role }: Given): string | undefined {
  if (/[:\s]/.test(text)) return 'a user name has neither colons nor spaces';
  if (role !== 'inventory' && /[A-Z.]/.test(text)) {
    return 'names of users in skydive.yml have neither capitals nor dots: they are configuration keys';
  }
  return undefined;
}

function wrongUrls(text: string): string | undefined {
  const wrong = listed(text).find((url) => !/^https?:\/\/[^/\s]+/.test(url));
  return wrong === undefined ? undefined : `"${wrong}" is no http:// or https:// URL`;
}

/** With the reason why no answer is no answer. */
function needed(wrong: (text: string, given: Given) => string | undefined) {
  return (text: string, given: Given) => (text.trim() === '' ? nobody : wrong(text, given));
}

const right = () => undefined;
const is = (...wanted: readonly string[]) => {
  return ({ role }: Given) => role !== undefined && wanted.includes(role);
};
const asksUser = ({ role, auth }: Given) => auth === 'basic' || (auth === 'keystone' && role === 'inventory');

/** All questions, in the order in which they are asked. */
export const questions: readonly Question[] = [
  {
    name: 'role',
    value: roles.join('|'),
    help: 'what to deploy',
    kind: 'choice',
    choices: [
      { value: 'allinone', name: 'analyzer and agent on this host' },
      { value: 'agent', name: 'an agent on this host' },
      { value: 'analyzer', name: 'an analyzer on this host' },
      { value: 'inventory', name: 'several hosts, by Ansible' },
    ],
    applies: () => true,
    message: () => 'What is to be deployed?',
  },
  {
    name: 'analyzers',
    value: 'host[:port],…',
    help: 'analyzers that the agent connects to; all analyzers of the deployment; inventory: their hosts',
    kind: 'text',
    applies: is('agent', 'inventory'),
    message: ({ role }) =>
      role === 'agent'
        ? 'Analyzers to connect to (host[:port], commas between):'
        : 'Hosts of the analyzers (commas between):',
    wrong: (text, given) => needed(given['role'] === 'agent' ? wrongAddresses : wrongHosts)(text, given),
  },
  {
    name: 'peers',
    value: 'host[:port],…',
    help: 'analyzer: the other analyzers, which it shares the topology with',
    kind: 'text',
    applies: is('analyzer'),
    message: () => 'Other analyzers to share the topology with (host[:port], commas between; empty: none):',
    proposal: () => '',
    wrong: wrongAddresses,
  },
  {
    name: 'agents',
    value: 'host,…',
    help: 'inventory: hosts of the agents',
    kind: 'text',
    applies: is('inventory'),
    message: () => 'Hosts of the agents (commas between):',
    wrong: needed(wrongHosts),
  },
  {
    name: 'listen',
    value: 'host:port',
    help: 'where the API of the analyzer listens',
    kind: 'text',
    applies: is('analyzer', 'allinone'),
    message: () => 'Address of the analyzer (0.0.0.0: all addresses of this host):',
    proposal: ({ role }) => `${role === 'allinone' ? '127.0.0.1' : '0.0.0.0'}:${analyzerPort}`,
    wrong: needed(wrongAddress),
  },
  {
    name: 'etcd',
    value: 'URL,…',
    help: 'analyzer with others: the etcd servers that they share',
    kind: 'text',
    applies: ({ role, peers }) => role === 'analyzer' && listed(peers).length > 0,
    message: () => 'URLs of the etcd servers that the analyzers share (commas between):',
    wrong: needed(wrongUrls),
  },
  {
    name: 'tls',
    value: 'folder',
    help: 'TLS, with the certificates that `skydive tls init` wrote to this folder',
    kind: 'text',
    applies: () => true,
    message: () => 'Folder that `skydive tls init` wrote (empty: no TLS):',
    proposal: () => '',
    wrong: wrongTlsFolder,
  },
  {
    name: 'tls-host',
    value: 'host',
    help: 'name of this host in that folder',
    kind: 'text',
    applies: ({ role, tls }) => role !== 'inventory' && (tls ?? '') !== '',
    message: () => 'Name of this host in that folder:',
    proposal: () => hostname(),
    wrong: needed(wrongTlsHost),
  },
  {
    name: 'auth',
    value: authentications.join('|'),
    help: 'who may use the API',
    kind: 'choice',
    choices: [
      { value: 'none', name: 'everybody who reaches it' },
      { value: 'basic', name: 'a user with a password' },
      { value: 'keystone', name: 'users of OpenStack' },
    ],
    applies: is('analyzer', 'allinone', 'inventory'),
    message: () => 'Who may use the API?',
    proposal: () => 'none',
  },
  {
    name: 'keystone-url',
    value: 'URL',
    help: 'identity service of OpenStack',
    kind: 'text',
    applies: ({ auth }) => auth === 'keystone',
    message: () => 'URL of Keystone:',
    wrong: needed(wrongUrls),
  },
  {
    name: 'username',
    value: 'name',
    help: 'user of the API',
    kind: 'text',
    applies: asksUser,
    message: () => 'User of the API:',
    proposal: () => 'admin',
    wrong: needed(wrongUser),
  },
  {
    name: 'password',
    value: 'text',
    help: 'its password',
    kind: 'secret',
    applies: asksUser,
    message: ({ username }) => `Password of ${username}:`,
    wrong: needed(right),
  },
  {
    name: 'cluster-username',
    value: 'name',
    help: 'user by which agents and analyzers know each other',
    kind: 'text',
    applies: () => true,
    message: () =>
      'User by which agents and analyzers know each other (empty: no authentication among them):',
    proposal: ({ role }) => (role === 'inventory' ? 'skydive' : ''),
    wrong: wrongUser,
  },
  {
    name: 'cluster-password',
    value: 'text',
    help: 'its password',
    kind: 'secret',
    applies: (given) => (given['cluster-username'] ?? '') !== '',
    message: (given) => {
      const empty = given['role'] === 'inventory' ? ' (empty: a random one)' : '';
      return `Password of ${given['cluster-username']}, the same on all hosts${empty}:`;
    },
    // Elsewhere it has to be that of the other hosts.
    proposal: ({ role }) => (role === 'inventory' ? randomBytes(18).toString('base64url') : undefined),
    wrong: needed(right),
  },
  {
    name: 'output',
    value: 'file',
    help: 'file to write, - for standard output',
    kind: 'text',
    applies: () => true,
    message: () => 'File to write:',
    proposal: ({ role }) => {
      if (role === 'inventory') return 'inventory.yml';
      return process.geteuid?.() === 0 ? '/etc/skydive/skydive.yml' : 'skydive.yml';
    },
    wrong: needed(right),
  },
];
