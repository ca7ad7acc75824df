// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { roomKeys } from '../../src/cli/keys.js';
import type { ConfigValue } from '../../src/config/key.js';
import { loadConfig } from '../../src/config/load.js';
import { editDistance } from '../../src/config/nearest.js';
import { buildSchema } from '../../src/config/schema.js';
import { isSecret } from '../../src/config/secret.js';
import { probeNames } from '../../src/topology/keys.js';
import { originalDeprecated, originalKeys } from './original-keys.js';

/**
 * Keys of the original whose room is not built yet. A room that declares its keys takes them out of this list; the
 * test fails on one that is both here and declared, so the list can only tell the truth.
 */
const missing = `
agent.flow.ebpf.polling_rate
agent.topology.blockdev.lsblk_path agent.topology.blockdev.iostat_path agent.topology.blockdev.iostat_update
agent.topology.bess.host agent.topology.bess.port
agent.topology.docker.url agent.topology.docker.netns.run_path
agent.topology.libvirt.url
agent.topology.lldp.interfaces
agent.topology.neutron.auth_url agent.topology.neutron.username agent.topology.neutron.password
agent.topology.neutron.tenant_name agent.topology.neutron.region_name agent.topology.neutron.domain_name
agent.topology.neutron.endpoint_type agent.topology.neutron.ssl_insecure
agent.topology.runc.run_path
agent.topology.socketinfo.host_update
agent.topology.vpp.connect
analyzer.topology.fabric analyzer.topology.probes
analyzer.topology.k8s.config_file analyzer.topology.k8s.probes analyzer.topology.k8s.cluster_name
analyzer.topology.istio.config_file analyzer.topology.istio.probes
analyzer.topology.ovn.address analyzer.topology.ovn.cert analyzer.topology.ovn.key analyzer.topology.ovn.cacert
analyzer.ssh_enabled
analyzer.cluster analyzer.peers.*.endpoints analyzer.peers.*.publish_filter analyzer.peers.*.subscribe_filter
analyzer.peers.*.username analyzer.peers.*.password
plugin.plugins_dir plugin.topology.probes
ovs.oflow.enable ovs.oflow.native ovs.oflow.openflow_versions ovs.oflow.key ovs.oflow.cert ovs.oflow.ca
ovs.oflow.address
dpdk.ports dpdk.workers dpdk.debug
opencontrail.host opencontrail.port opencontrail.mpls_udp_port
storage.*.hosts storage.*.host storage.*.ssl_insecure storage.*.auth.username storage.*.auth.password
storage.*.total_fields_limit storage.*.index_entries_limit storage.*.index_age_limit
storage.*.indices_to_keep storage.*.index_prefix storage.*.use_flattened storage.*.flattened_ignore_above
storage.*.exclude_from_mapping storage.*.disable_sniffing storage.*.disable_healthcheck storage.*.debug
storage.*.addr storage.*.database storage.*.username storage.*.password
`
  .trim()
  .split(/\s+/);

/** Defaults that differ from the original's on purpose (docs/decisions.md). */
const otherDefaults: Readonly<Record<string, unknown>> = {
  'analyzer.flow.backend': 'level',
  'analyzer.topology.backend': 'level',
};

const schema = buildSchema(roomKeys);
const declared = new Map(schema.keys.map((key) => [key.key, key]));
const typeNames: Readonly<Record<string, string>> = { s: 'string', i: 'int', b: 'bool', l: 'list', m: 'map' };

test('every key of the original is declared, or named as missing, not both', (t) => {
  const unaccounted = originalKeys
    .map(([key]) => key)
    .filter(
      (key) =>
        (schema.find(key) !== undefined || schema.enclosingMap(key) !== undefined) === missing.includes(key),
    );
  assert.deepEqual(unaccounted, []);
  const names = new Set(originalKeys.map(([key]) => key));
  assert.deepEqual(
    missing.filter((key) => !names.has(key)),
    [],
  );
  t.diagnostic(`${missing.length} of ${names.size} keys of the original are missing`);
});

test('types and defaults are those of the original', () => {
  for (const [key, type, defaultJson] of originalKeys) {
    const own = declared.get(key);
    if (own === undefined) continue;
    if (type !== '-') assert.equal(own.type, typeNames[type], key);
    if (key in otherDefaults) assert.deepEqual(own.default, otherDefaults[key], key);
    else if (defaultJson !== undefined) assert.deepEqual(own.default, JSON.parse(defaultJson), key);
    else if (own.defaultText === undefined) assert.equal(own.default, undefined, key);
  }
});

test('no key is declared twice, and none misspells one of the original', () => {
  assert.equal(declared.size, schema.keys.length);
  const originals = originalKeys.map(([key]) => key);
  for (const { key } of schema.keys) {
    if (originals.includes(key)) continue;
    const near = originals.filter((original) => editDistance(key, original) <= 2);
    assert.deepEqual(near, [], key);
  }
});

test('every declaration has a sentence, a sound name and a default that passes its own check', () => {
  for (const key of schema.keys) {
    assert.match(key.doc, /^\S.*\.$/, key.key);
    assert.match(key.key, /^[a-z0-9_*]+(\.[a-z0-9_*]+)*$/, key.key);
    if (key.default !== undefined && key.type !== 'duration' && key.type !== 'size') {
      assert.equal(key.check?.(key.default), undefined, key.key);
    }
  }
});

test('every password is a secret', () => {
  for (const { key, holdsSecret } of schema.keys) {
    if (holdsSecret !== true && /password|users$|cookie/.test(key)) assert.ok(isSecret(schema, key), key);
  }
  for (const key of ['storage.mine.auth.password', 'auth.mine.users.bob', 'http.cookie.session']) {
    assert.ok(isSecret(schema, key), key);
  }
  for (const key of [
    'agent.listen',
    'etcd.peers',
    'auth.basic.file',
    'ui.topology.favorites.password_flows',
  ]) {
    assert.ok(!isSecret(schema, key), key);
  }
});

const refusedValues: [key: string, value: ConfigValue, why: RegExp][] = [
  ['flow.expire', 0, /greater than 0/],
  ['flow.expire', -1, /greater than 0/],
  ['flow.update', 0, /greater than 0/],
  ['etcd.max_wal_files', -1, /must not be negative/],
  ['etcd.max_snap_files', -1, /must not be negative/],
  ['flow.protocol', 'tcp', /Invalid protocol tcp/],
  ['flow.default_layer_key_mode', 'L4', /l2, l3/],
  ['agent.listen', 'a.b', /the port is missing/],
  ['analyzer.listen', '::1', /needs brackets/],
  ['etcd.listen', 'x', /unknown port/],
  ['analyzers', ['h:1', 'x.y'], /the port is missing/],
  ['agent.topology.probes', ['docker', 'dokcer'], /^.*unsupported probe dokcer;/],
  ['agent.metadata', 'x', /agent\.metadata has wrong format/],
  ['agent.metadata_config.files', [{ path: '/x' }], /entry 0 must have/],
  ['agent.metadata_config.files', 'x', /must be a list/],
  ['host_id', '', /must not be empty/],
  ['logging.syslog.protocol', 'x', /must be unixgram/],
  ['storage.level.max_age', -1, /must not be negative/],
];
for (const [key, value, why] of refusedValues) {
  test(`${key} ${JSON.stringify(value)} is refused`, async () => {
    const loading = loadConfig({
      files: [],
      env: {},
      options: { [key]: value },
      rooms: roomKeys,
      defaultFile: '/nowhere',
    });
    await assert.rejects(loading, (error: Error) => {
      assert.ok(error.message.startsWith(`invalid value for ${key} (`), error.message);
      assert.match(error.message, why);
      return true;
    });
  });
}

const soundValues: [key: string, value: ConfigValue][] = [
  ['etcd.max_wal_files', 0],
  ['flow.protocol', 'WebSocket'],
  ['flow.default_layer_key_mode', 'L3'],
  ['agent.listen', '8081'],
  ['analyzer.listen', '[::]:8082'],
  ['agent.topology.probes', []],
  ['agent.topology.probes', [...probeNames]],
  ['storage.level.max_age', 0],
];
for (const [key, value] of soundValues) {
  test(`${key} ${JSON.stringify(value)} is taken`, async () => {
    const options = { [key]: value };
    const { config, warnings } = await loadConfig({
      files: [],
      env: {},
      options,
      rooms: roomKeys,
      defaultFile: '/nowhere',
    });
    assert.deepEqual(config.get(key), value);
    assert.deepEqual(warnings, []);
  });
}

for (const [key, old] of originalDeprecated.filter(([key]) => !missing.includes(key))) {
  test(`${old} still sets ${key}`, async () => {
    assert.ok(declared.get(key)?.deprecated?.includes(old), `${key} declares ${old}`);
    const number = declared.get(key)?.type === 'int';
    const variable = `SKYDIVE_${old.toUpperCase().replace(/\./g, '_')}`;
    const want = number ? 1234 : 'noauth';
    const load = (env: Record<string, string>) =>
      loadConfig({ files: [], env, options: {}, rooms: roomKeys, defaultFile: '/nowhere' });
    const { config, warnings } = await load({ [variable]: String(want) });
    assert.equal(config.get(key), want);
    assert.ok(warnings.includes(`Config value '${old}' is now deprecated. Please use '${key}' instead`));
    const both = await load({
      [variable]: String(want),
      [`SKYDIVE_${key.toUpperCase().replace(/\./g, '_')}`]: '7',
    });
    assert.equal(both.config.getString(key), '7', 'the new name wins');
    assert.ok(!both.warnings.some((warning) => warning.includes(`'${key}'`)));
  });
}

const specification = join(import.meta.dirname, '../../../../shared/spec/config.md');
if (existsSync(specification)) {
  test('the copy of the list agrees with the specification', () => {
    const text = readFileSync(specification, 'utf8');
    const section = text.slice(text.indexOf('\n## 6'), text.indexOf('\n## 7'));
    const named = [...section.matchAll(/^\| (`[a-z_.<>`, ]+`[^|]*)\|/gm)].flatMap((row) => [
      ...row[1]!.matchAll(/`([a-z_.<>]+)`/g),
    ]);
    const leaves = new Set(originalKeys.map(([key]) => key.split('.').pop()));
    for (const [, name] of named) {
      const leaf = name!.split('.').pop()!.replace(/^_/, '');
      const known = leaves.has(leaf) || [...leaves].some((own) => own?.endsWith(`_${leaf}`));
      assert.ok(
        known || /deprecated|section 4/.test(section.split('\n').find((l) => l.includes(name!)) ?? ''),
        name,
      );
    }
    assert.ok(named.length > 100, `${named.length} keys found in the specification`);
  });
}
