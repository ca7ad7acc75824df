// SPDX-License-Identifier: Apache-2.0

import type { Answers } from './answers.js';

/** A text that Ansible would take for a template. */
function isTemplate(text: string): boolean {
  return /\{[{%#]/.test(text);
}

/** The text as YAML 1.1 and 1.2 read it alike; templates in it are left as they are. */
function quoted(text: string): string {
  // JSON's escapes are YAML's; of the characters that it leaves, YAML reads the line separators as such.
  const json = JSON.stringify(text).replace(/[\u007f-\uffff]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return `${isTemplate(text) ? '!unsafe ' : ''}${json}`;
}

function isThisHost(host: string): boolean {
  return ['localhost', '127.0.0.1', '::1'].includes(host);
}

function group(name: string, hosts: readonly string[]): string[] {
  const lines = hosts.flatMap((host) => [
    `        ${quoted(host)}:${isThisHost(host) ? '' : ' {}'}`,
    ...(isThisHost(host) ? ['          ansible_connection: local'] : []),
  ]);
  return [`    ${name}:`, '      hosts:', ...lines];
}

/** Variables of the roles (ansible/README.md) that the answers ask for. */
export function inventoryVariables(answers: Answers): Readonly<Record<string, string>> {
  const { authentication, user, keystoneUrl, cluster, tlsFolder } = answers;
  return {
    skydive_listen_ip: '0.0.0.0',
    ...(tlsFolder !== undefined && { skydive_tls_directory: tlsFolder }),
    ...(authentication !== 'none' && { skydive_auth_type: authentication }),
    ...(user !== undefined && { skydive_username: user.username, skydive_password: user.password }),
    ...(authentication === 'keystone' && keystoneUrl !== undefined && { skydive_os_auth_url: keystoneUrl }),
    ...(cluster !== undefined && {
      skydive_cluster_username: cluster.username,
      skydive_cluster_password: cluster.password,
    }),
  };
}

/** An Ansible inventory in YAML, for `ansible-playbook -i FILE playbook.yml`. */
export function inventoryText(answers: Answers): string {
  const variables = Object.entries(inventoryVariables(answers));
  return [
    'skydive:',
    '  children:',
    ...group('analyzers', answers.analyzers),
    ...group('agents', answers.agents),
    '  vars:',
    ...variables.map(([name, value]) => `    ${name}: ${quoted(value)}`),
    '',
  ].join('\n');
}
