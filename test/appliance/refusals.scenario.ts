// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Appliance, full } from './appliance.js';
import type { Machine } from './machine.js';

let appliance: Appliance;
let machine: Machine;

before(async () => {
  appliance = new Appliance('refuse');
  machine = await appliance.machine('guarded');
});
after(() => appliance.remove());

interface Row {
  readonly variables: Readonly<Record<string, unknown>>;
  /** Variable that the refusal names, first. */
  readonly names: string;
  readonly says?: RegExp;
  /** Run in the machine before, and undone after. */
  readonly prepare?: readonly [string, string];
}

const zeros = '0'.repeat(64);
const rows: Readonly<Record<string, Row>> = {
  'an unknown mode': { variables: { skydive_deployment_mode: 'snap' }, names: 'skydive_deployment_mode' },
  'container mode': {
    variables: { skydive_deployment_mode: 'container' },
    names: 'skydive_deployment_mode',
    says: /not built/,
  },
  'package mode': {
    variables: { skydive_deployment_mode: 'package' },
    names: 'skydive_deployment_mode',
    says: /not built/,
  },
  'an unknown state': { variables: { skydive_state: 'latest' }, names: 'skydive_state' },
  'a missing binary': {
    variables: { skydive_binary_remote_location: '/nowhere/skydive' },
    names: 'skydive_binary_remote_location',
    says: /tools\/release/,
  },
  'a missing binary, relative': {
    variables: { skydive_binary_location: 'nowhere/skydive' },
    names: 'skydive_binary_location',
  },
  'a URL without checksum': {
    variables: { skydive_binary_location: 'https://127.0.0.1/skydive' },
    names: 'skydive_binary_checksum',
  },
  'a URL that does not answer': {
    variables: {
      skydive_binary_location: 'http://127.0.0.1:9/skydive',
      skydive_binary_checksum: `sha256:${zeros}`,
    },
    names: 'skydive_binary_remote_location',
  },
  'a wrong checksum': {
    variables: { skydive_binary_checksum: `sha256:${zeros}` },
    names: 'skydive_binary_checksum',
    says: /has sha256:[0-9a-f]{64}/,
  },
  'a checksum of no known form': {
    variables: { skydive_binary_checksum: '123' },
    names: 'skydive_binary_checksum',
  },
  'an additional configuration that is a list': {
    variables: { skydive_extra_config: ['a'] },
    names: 'skydive_extra_config',
  },
  'an additional configuration that is no YAML': {
    variables: { skydive_extra_config: '{a: ]}' },
    names: 'skydive_extra_config',
  },
  'an unsupported C library': {
    variables: {},
    names: 'skydive_deployment_mode',
    says: /glibc 2\.31/,
    prepare: [
      'printf "#!/bin/sh\\necho glibc 2.31\\n" > /usr/local/bin/getconf; chmod +x /usr/local/bin/getconf',
      'rm /usr/local/bin/getconf',
    ],
  },
  'a system without glibc': {
    variables: {},
    names: 'skydive_deployment_mode',
    prepare: [
      'printf "#!/bin/sh\\nexit 1\\n" > /usr/local/bin/getconf; chmod +x /usr/local/bin/getconf',
      'rm /usr/local/bin/getconf',
    ],
  },
  'an unknown interface': {
    variables: { skydive_nic: 'eth7' },
    names: 'skydive_nic',
    says: /eth0.*eth1|eth1.*eth0/,
  },
  'an analyzer port that is none': {
    variables: { skydive_analyzer_port: 70000 },
    names: 'skydive_analyzer_port',
  },
  'an agent port that is no number': {
    variables: { skydive_agent_port: 'http' },
    names: 'skydive_agent_port',
  },
  'an etcd port without a next one': { variables: { skydive_etcd_port: 65535 }, names: 'skydive_etcd_port' },
  'one port for both': { variables: { skydive_agent_port: 8082 }, names: 'skydive_agent_port' },
  'an unknown authentication type': { variables: { skydive_auth_type: 'ldap' }, names: 'skydive_auth_type' },
  'Keystone without its URL': { variables: { skydive_auth_type: 'keystone' }, names: 'skydive_os_auth_url' },
  'accounts without an administrator': {
    variables: { os_auth_url: 'http://127.0.0.1/v3' },
    names: 'os_username',
  },
  'an unknown identity version': {
    variables: { os_identity_api_version: 2 },
    names: 'os_identity_api_version',
  },
  'an unknown flow protocol': { variables: { skydive_flow_protocol: 'tcp' }, names: 'skydive_flow_protocol' },
  'an unknown endpoint type': {
    variables: { skydive_os_service_endpoint_type: 'private' },
    names: 'skydive_os_service_endpoint_type',
  },
  'an unknown firewall': { variables: { skydive_firewall: 'ufw' }, names: 'skydive_firewall' },
  'a host without the firewall': {
    variables: { skydive_iptables_rules: true, skydive_firewall: 'nftables' },
    names: 'skydive_iptables_rules',
    prepare: ['mv /usr/sbin/nft /usr/sbin/nft.away', 'mv /usr/sbin/nft.away /usr/sbin/nft'],
  },
  'external etcd without servers': {
    variables: { skydive_etcd_embedded: false },
    names: 'skydive_etcd_servers',
  },
  'a certificate without its key': {
    variables: { skydive_tls_server_cert: '/etc/hostname' },
    names: 'skydive_tls_server_cert',
  },
  'a certificate that is not there': {
    variables: { skydive_tls_ca_cert: '/nowhere.crt' },
    names: 'skydive_tls_ca_cert',
  },
  'a folder without a pair for the host': {
    variables: { skydive_tls_directory: '/nowhere' },
    names: 'skydive_tls_directory',
    says: /tls init/,
  },
  'a user name with a colon': { variables: { skydive_username: 'a:b' }, names: 'skydive_username' },
  'a configuration file without a folder': {
    variables: { skydive_config_file: 'skydive.yml' },
    names: 'skydive_config_file',
  },
  'a host without address': {
    variables: { skydive_listen_ip: '' },
    names: 'skydive_listen_ip',
    prepare: ['ip route del default', 'ip route add default via 10.77.0.1'],
  },
};
/** What CI runs: those that the issue of the appliance names. */
const few = new Set([
  ...[
    'an unknown mode',
    'a missing binary',
    'a wrong checksum',
    'an additional configuration that is a list',
  ],
  ...['an unsupported C library', 'an unknown interface', 'an analyzer port that is none'],
  ...['an unknown authentication type', 'an unknown flow protocol', 'container mode'],
]);

for (const [what, { variables, names, says, prepare }] of Object.entries(rows)) {
  if (!full && !few.has(what)) continue;
  test(`${what} is refused before anything is changed`, async () => {
    if (prepare !== undefined) machine.ask(prepare[0]);
    const before = machine.files();
    writeFileSync(join(appliance.site, 'variables.json'), JSON.stringify(variables));
    const run = await appliance.play({
      inventory: 'inventory',
      on: machine,
      args: ['-e', '@variables.json'],
    });
    assert.notEqual(run.status, 0);
    assert.deepEqual(run.changes, []);
    assert.deepEqual(machine.files(), before);
    if (prepare !== undefined) machine.ask(prepare[1]);
    const message = run.output.slice(run.output.search(/^(fatal|failed): /m)).replace(/\s+/g, ' ');
    assert.match(message, new RegExp(`\\b${names}\\b`));
    if (says !== undefined) assert.match(message, says);
  });
}

for (const version of ['oldest', 'newest'] as const) {
  test(`the documentation's dictionary, cut by the ${version} Ansible at its first space, names the right quoting`, async () => {
    const run = await appliance.play({
      inventory: 'inventory',
      on: machine,
      version,
      args: [
        '-e',
        "skydive_extra_config={'agent.topology.probes': ['socketinfo', 'docker'], 'logging.level': 'DEBUG'}",
      ],
    });
    assert.notEqual(run.status, 0);
    assert.deepEqual(run.changes, []);
    const message = run.output.replace(/\s+/g, ' ').replaceAll("''", "'");
    assert.match(message, /skydive_extra_config: only .* arrived, Ansible cut it at its first space/);
    assert.match(message, /-e '\{"skydive_extra_config": \{"logging\.level": "DEBUG"\}\}'/);
  });
}
