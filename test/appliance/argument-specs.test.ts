// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const docs = (await import(join(root, 'tools/ansible-docs.mjs'))) as {
  optionsOf(role: string): Record<string, { default?: unknown; description: string; type: string }>;
  withTables(text: string): string;
};
/** Not set unless the user does: what they mean when absent cannot be written as a value. */
const undefinedByDefault = [
  ...['skydive_listen_ip', 'skydive_nic', 'skydive_analyzer_ip', 'skydive_fabric'],
  ...['os_domain_name', 'validate_certs'],
];

for (const role of ['common', 'analyzer', 'agent']) {
  test(`the defaults of skydive_${role} are those that its argument specification documents`, () => {
    const defaults = parse(read(`ansible/roles/skydive_common/defaults/main/${role}.yml`)) as object;
    const specified = Object.entries(docs.optionsOf(`skydive_${role}`))
      .filter(([name]) => !undefinedByDefault.includes(name))
      .map(([name, { default: value }]) => [name, value ?? null]);
    assert.deepEqual(defaults, Object.fromEntries(specified));
  });
}

test('the table of variables in ansible/README.md is generated from the argument specifications', () => {
  const text = read('ansible/README.md');
  assert.equal(text, docs.withTables(text), 'run node tools/ansible-docs.mjs and commit what it writes');
});

test('every variable of the documentation of the original is there', () => {
  const names = new Set(
    ['common', 'analyzer', 'agent'].flatMap((role) => Object.keys(docs.optionsOf(`skydive_${role}`))),
  );
  for (const name of documented) assert.ok(names.has(name), name);
  assert.equal(documented.length, 71);
});

test('the inventory of the folder is that of this host, samples are used by name', () => {
  assert.match(read('ansible.cfg'), /^ignore_patterns = \^hosts\\\.$/m);
  assert.deepEqual(readdirSync(join(root, 'inventory')).sort(), [
    ...[
      'hosts',
      'hosts.localhost',
      'hosts.localhost.auth',
      'hosts.localhost.container',
      'hosts.localhost.extra',
    ],
    ...['hosts.localhost.openstack', 'hosts.multiple', 'hosts.multiple.container'],
  ]);
});

test('playbook.yml.sample is playbook.yml', () => {
  const withoutHead = (text: string) => text.split('\n').slice(2).join('\n');
  assert.equal(withoutHead(read('playbook.yml.sample')), withoutHead(read('playbook.yml')));
});

const documented = `
skydive_topology_probes skydive_fabric skydive_etcd_embedded skydive_etcd_port skydive_etcd_servers skydive_analyzer_port
skydive_analyzer_ip skydive_deployment_mode skydive_auth_type skydive_basic_auth_file skydive_username skydive_password
skydive_config_file skydive_flow_protocol skydive_extra_config skydive_nic os_auth_url os_username os_password
os_tenant_name os_domain_name os_user_domain_name os_project_domain_name os_endpoint_type os_identity_api_version
skydive_sys_username skydive_sys_groupname skydive_os_auth_url skydive_os_service_user_role skydive_os_service_username
skydive_os_service_password skydive_os_service_tenant_name skydive_os_service_domain_name
skydive_os_service_region_name skydive_os_service_endpoint_type skydive_os_service_insecure skydive_auth_os_tenant_name
skydive_auth_os_domain_name skydive_auth_os_domain_id skydive_container_cli skydive_docker_registry
skydive_analyzer_docker_image skydive_analyzer_docker_image_tag skydive_analyzer_docker_command
skydive_agent_docker_image skydive_agent_docker_image_tag skydive_agent_docker_command skydive_iptables_rules
skydive_listen_ip skydive_release skydive_binary_location skydive_binary_remote_location skydive_package_location
skydive_load_docker_image skydive_docker_image_tag skydive_agent_port skydive_agent_docker_extra_env
skydive_analyzer_docker_extra_env skydive_cluster_username skydive_cluster_password skydive_etcd_scheme
skydive_auto_fabric skydive_fabric_default_interface skydive_fabric_tor_name skydive_fabric_tor_mtu
skydive_auth_os_user_role skydive_deployment_test validate_certs skydive_deployment_source skydive_state
skydive_tls_directory`
  .trim()
  .split(/\s+/);
