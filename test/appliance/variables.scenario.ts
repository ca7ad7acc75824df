// SPDX-License-Identifier: Apache-2.0
// Each variable of the roles in a test of its own. Those that go together are set in one run.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';
import { Appliance, full, testInFull } from './appliance.js';
import { eventually } from './eventually.js';
import type { Machine } from './machine.js';
import { starts } from './seen.js';

let appliance: Appliance;
let machine: Machine;

before(async () => {
  appliance = new Appliance('vars');
  machine = await appliance.machine('varied');
  const program = join(appliance.site, 'dist/skydive');
  mkdirSync(join(appliance.site, 'build'));
  cpSync(program, join(appliance.site, 'build/program'));
  const hosts = ['--analyzer', 'localhost,10.77.0.11,127.0.0.1', '--agent', 'other'];
  execFileSync(program, ['tls', 'init', join(appliance.site, 'pki'), ...hosts]);
});
after(() => appliance.remove());

/** What a deployment left on the host. */
interface Seen {
  // biome-ignore lint/suspicious/noExplicitAny: the configuration, whose shape is what is tested
  readonly config: any;
  readonly configFile: string;
  readonly agentUnit: string;
  readonly analyzerUnit: string;
  /** `protocol address:port` that is listened on. */
  readonly sockets: readonly string[];
}

interface Row {
  readonly value: unknown;
  readonly has: (seen: Seen) => void | Promise<void>;
}

interface Batch {
  readonly prepare?: () => void;
  /** Set, but tested elsewhere. */
  readonly besides?: Readonly<Record<string, unknown>>;
  readonly rows: Readonly<Record<string, Row>>;
}

const config = (path: string, wanted: unknown) => (seen: Seen) => {
  let value = seen.config;
  for (const name of path.split('.')) value = value?.[name];
  assert.deepEqual(value, wanted, path);
};
const listens =
  (...wanted: readonly string[]) =>
  ({ sockets }: Seen) => {
    for (const socket of wanted)
      assert.ok(sockets.includes(socket), `${socket} is not among ${sockets.join(', ')}`);
  };
const all =
  (...checks: readonly ((seen: Seen) => void)[]) =>
  (seen: Seen) => {
    for (const check of checks) check(seen);
  };
const login = (user: string, password: string, port: number) =>
  machine.run(
    `curl -s -o /dev/null -w '%{http_code}' --data-urlencode username='${user}' --data-urlencode password='${password}' http://10.78.0.11:${port}/login`,
  ).out;

const batches: Readonly<Record<string, Batch>> = {
  'addresses, ports, places, users': {
    prepare: () => machine.ask('install -d /opt/skydive'),
    rows: {
      skydive_deployment_mode: {
        value: 'binary',
        has: ({ agentUnit }) => assert.match(agentUnit, /^ExecStart=\/opt\//m),
      },
      skydive_listen_ip: {
        value: '10.78.0.11',
        has: all(config('agent.listen', '10.78.0.11:8181'), listens('tcp 10.78.0.11:8181')),
      },
      skydive_analyzer_port: {
        value: 8182,
        has: all(
          config('analyzer.listen', '10.78.0.11:8182'),
          config('analyzers', ['10.78.0.11:8182']),
          listens('tcp 10.78.0.11:8182', 'udp 10.78.0.11:8182'),
        ),
      },
      skydive_agent_port: { value: '8181', has: listens('tcp 10.78.0.11:8181') },
      skydive_etcd_port: {
        value: '2379',
        has: all(config('etcd.listen', '10.78.0.11:2379'), listens('tcp 10.78.0.11:2379')),
      },
      skydive_etcd_embedded: {
        value: true,
        has: all(
          config('etcd.embedded', true),
          config('etcd.name', 'varied'),
          config('etcd.peers', undefined),
        ),
      },
      skydive_config_file: {
        value: '/etc/opt/skydive/main.yml',
        has: ({ agentUnit, analyzerUnit }) => {
          for (const unit of [agentUnit, analyzerUnit])
            assert.match(unit, /--conf \/etc\/opt\/skydive\/main\.yml$/m);
          assert.equal(machine.run('ls /etc/skydive').status, 2);
        },
      },
      skydive_sys_username: {
        value: 'flows',
        has: ({ analyzerUnit }) => {
          assert.match(analyzerUnit, /^User=flows$/m);
          assert.equal(machine.processOf('skydive-analyzer', 'user:20').join(), 'flows');
          assert.equal(machine.ask('stat -c %U /var/lib/skydive'), 'flows');
        },
      },
      skydive_sys_groupname: {
        value: 'netops',
        has: () => {
          assert.equal(machine.processOf('skydive-analyzer', 'group:20').join(), 'netops');
          assert.equal(machine.ask('stat -c "%U %G %a" /etc/opt/skydive/main.yml'), 'root netops 640');
        },
      },
      skydive_binary_location: {
        value: '/opt/skydive/bin/skydive',
        has: () => {
          assert.equal(machine.ask('stat -c "%U %a" /opt/skydive/bin/skydive'), 'root 755');
          assert.equal(machine.run('ls /usr/bin/skydive').status, 2);
        },
      },
      skydive_binary_remote_location: {
        value: 'file:///srv/skydive/build/program',
        has: () => {
          assert.equal(machine.run('cmp /srv/skydive/build/program /opt/skydive/bin/skydive').status, 0);
        },
      },
      skydive_flow_protocol: { value: 'udp', has: config('flow.protocol', 'udp') },
      skydive_topology_probes: {
        value: 'docker runc',
        has: config('agent.topology.probes', ['docker', 'runc']),
      },
      skydive_fabric: {
        value: ['TOR1[Name=tor1] -> *[Type=host]/eth0'],
        has: config('analyzer.topology.fabric', ['TOR1[Name=tor1] -> *[Type=host]/eth0']),
      },
      skydive_cluster_username: {
        value: 'Team.One',
        has: all(
          config('analyzer.auth.cluster.username', 'Team.One'),
          config('agent.auth.cluster.username', 'Team.One'),
          config('analyzer.auth.cluster.backend', 'cluster'),
        ),
      },
      skydive_cluster_password: {
        value: '0123',
        has: ({ config: { auth, agent } }) => {
          assert.deepEqual([auth.cluster.type, auth.cluster.users], ['basic', { 'Team.One': '0123' }]);
          assert.equal(agent.auth.cluster.password, '0123');
        },
      },
      skydive_auth_type: {
        value: 'basic',
        has: all(config('analyzer.auth.api.backend', 'api'), config('auth.api.type', 'basic')),
      },
      skydive_basic_auth_file: {
        value: '/etc/opt/skydive/users',
        has: (seen) => {
          config('auth.api.file', '/etc/opt/skydive/users')(seen);
          assert.equal(machine.ask('stat -c "%U %G %a" /etc/opt/skydive/users'), 'root netops 640');
          assert.match(machine.ask('cat /etc/opt/skydive/users'), /^Boss:\$2[aby]\$/m);
        },
      },
      skydive_username: { value: 'Boss', has: () => assert.equal(login('Boss', 'yes & no', 8182), '200') },
      skydive_password: { value: 'yes & no', has: () => assert.equal(login('Boss', 'yes', 8182), '401') },
      skydive_os_auth_url: {
        value: 'http://10.0.0.1:5000/v3',
        has: config('agent.topology.neutron.auth_url', 'http://10.0.0.1:5000/v3'),
      },
      skydive_os_service_username: {
        value: 'watcher',
        has: config('agent.topology.neutron.username', 'watcher'),
      },
      skydive_os_service_password: { value: '007', has: config('agent.topology.neutron.password', '007') },
      skydive_os_service_tenant_name: {
        value: 'services',
        has: config('agent.topology.neutron.tenant_name', 'services'),
      },
      skydive_os_service_domain_name: {
        value: 'Ours',
        has: config('agent.topology.neutron.domain_name', 'Ours'),
      },
      skydive_os_service_region_name: {
        value: 'Two',
        has: config('agent.topology.neutron.region_name', 'Two'),
      },
      skydive_os_service_endpoint_type: {
        value: 'public',
        has: config('agent.topology.neutron.endpoint_type', 'public'),
      },
      skydive_os_service_insecure: { value: 'no', has: config('agent.topology.neutron.ssl_insecure', false) },
      skydive_extra_config: {
        value: {
          'flow.update': 7,
          'agent.metadata': { Rack: 'r1' },
          'agent.topology.netlink.metrics_updte': 5,
          'auth.cluster.role': 'admin',
        },
        has: all(
          config('flow.update', 7),
          config('agent.metadata', { Rack: 'r1' }),
          config('auth.cluster.role', 'admin'),
        ),
      },
      skydive_deployment_source: {
        value: 'tripleo',
        has: ({ configFile }) => assert.doesNotMatch(configFile, /tripleo/),
      },
      skydive_deployment_test_timeout: {
        value: 90,
        has: () => assert.equal(starts(machine, 'skydive-analyzer'), 1),
      },
    },
  },
  'interface, generated fabric, one user in the configuration, iptables, certificates': {
    rows: {
      skydive_nic: {
        value: 'ansible_eth1',
        has: all(config('agent.listen', '10.78.0.11:8081'), listens('tcp 10.78.0.11:8081')),
      },
      skydive_analyzer_ip: {
        value: '10.77.0.11',
        has: all(
          config('analyzer.listen', '10.77.0.11:8082'),
          config('etcd.listen', '10.77.0.11:12379'),
          config('analyzers', ['10.77.0.11:8082']),
          listens('tcp 10.77.0.11:8082'),
        ),
      },
      skydive_auto_fabric: {
        value: true,
        has: ({ config: { analyzer } }) => assert.equal(analyzer.topology.fabric.length, 2),
      },
      skydive_fabric_tor_name: {
        value: 'rack9',
        has: ({ config: { analyzer } }) =>
          assert.equal(analyzer.topology.fabric[0], 'RACK9[Name=rack9] -> RACK9_PORT1[Name=port1, MTU=9000]'),
      },
      skydive_fabric_tor_mtu: {
        value: 9000,
        has: ({ config: { analyzer } }) => assert.match(analyzer.topology.fabric[0], /MTU=9000\]$/),
      },
      skydive_fabric_default_interface: {
        value: 'eth1',
        has: ({ config: { analyzer } }) =>
          assert.equal(analyzer.topology.fabric[1], 'RACK9_PORT1 -> *[Type=host,Name=varied]/eth1'),
      },
      skydive_cluster_username: {
        value: '',
        has: all(config('agent.auth', undefined), config('auth.cluster', undefined)),
      },
      skydive_basic_auth_file: {
        value: '',
        has: config('auth.api', { type: 'basic', users: { skydive: 'secret' } }),
      },
      skydive_flow_protocol: {
        value: 'websocket',
        has: all(config('flow.protocol', 'websocket'), ({ sockets }) =>
          assert.ok(!sockets.some((socket) => /^udp .*:8082$/.test(socket))),
        ),
      },
      skydive_iptables_rules: {
        value: true,
        has: () => {
          const rules = [
            '-A INPUT -s 10.77.0.11/32 -p tcp -m tcp --dport 12379 -m comment --comment "Skydive: etcd" -j ACCEPT',
            '-A INPUT -s 10.77.0.11/32 -p tcp -m tcp --dport 12380 -m comment --comment "Skydive: etcd peers" -j ACCEPT',
            '-A INPUT -p tcp -m tcp --dport 8082 -m comment --comment "Skydive: API" -j ACCEPT',
          ];
          const present = machine.ask('iptables -S INPUT').split('\n');
          const kept = machine.ask('cat /etc/iptables/rules.v4').split('\n');
          for (const rule of rules) {
            assert.equal(present.filter((line) => line === rule).length, 1, rule);
            assert.ok(kept.includes(rule), rule);
          }
          assert.equal(machine.ask('stat -c "%U %a" /etc/iptables/rules.v4'), 'root 600');
        },
      },
      skydive_firewall: {
        value: 'iptables',
        has: () => assert.notEqual(machine.run('nft list chain inet filter skydive').status, 0),
      },
      skydive_tls_ca_cert: {
        value: '/srv/skydive/pki/ca.crt',
        has: config('tls.ca_cert', '/etc/skydive/tls/ca.crt'),
      },
      skydive_tls_server_cert: {
        value: '/srv/skydive/pki/analyzer-localhost.crt',
        has: () => {
          assert.equal(
            machine.ask(
              'curl -s -o /dev/null -w "%{http_code}" --cacert /etc/skydive/tls/ca.crt --cert /etc/skydive/tls/client.crt --key /etc/skydive/tls/client.key https://10.77.0.11:8082/healthz',
            ),
            '200',
          );
        },
      },
      skydive_tls_server_key: {
        value: '/srv/skydive/pki/analyzer-localhost.key',
        has: () => {
          assert.equal(machine.ask('stat -c "%U %G %a" /etc/skydive/tls/server.key'), 'root skydive 640');
        },
      },
      skydive_tls_client_cert: {
        value: '/srv/skydive/pki/agent-other.crt',
        has: config('tls.client_cert', '/etc/skydive/tls/client.crt'),
      },
      skydive_tls_client_key: {
        value: '/srv/skydive/pki/agent-other.key',
        has: () => {
          assert.equal(
            machine.run('cmp /etc/skydive/tls/client.key /srv/skydive/pki/agent-other.key').status,
            0,
          );
        },
      },
      skydive_tls_require_client_cert: {
        value: true,
        has: (seen) => {
          config('tls.require_client_cert', true)(seen);
          assert.notEqual(
            machine.run('curl -s --cacert /etc/skydive/tls/ca.crt https://10.77.0.11:8082/healthz').status,
            0,
          );
        },
      },
    },
    besides: { skydive_auth_type: 'basic' },
  },
  'external etcd, nftables, a folder of certificates, a text of keys': {
    prepare: () => {
      machine.ask(
        'DEBIAN_FRONTEND=noninteractive apt-get install -y --no-download etcd-server && systemctl start etcd',
      );
      machine.ask(
        "nft 'add table inet filter; add chain inet filter input { type filter hook input priority 0; policy accept; }'",
      );
    },
    rows: {
      skydive_etcd_embedded: {
        value: 'false',
        has: ({ config: { etcd }, sockets }) => {
          assert.equal(etcd.embedded, false);
          assert.ok(!sockets.some((socket) => socket.endsWith(':12379')));
        },
      },
      skydive_etcd_servers: {
        value: ['http://127.0.0.1:2379'],
        has: async (seen) => {
          config('etcd.servers', ['http://127.0.0.1:2379'])(seen);
          const pid = machine.property('skydive-analyzer', 'MainPID');
          await eventually(
            'the analyzer talks to etcd',
            () => machine.run(`ss -Htnp dst 127.0.0.1:2379 | grep -q pid=${pid},`).status === 0,
          );
        },
      },
      skydive_nic: {
        value: 'eth1',
        has: all(config('analyzer.listen', '10.78.0.11:8082'), config('analyzers', ['10.78.0.11:8082'])),
      },
      skydive_auto_fabric: { value: false, has: config('analyzer.topology', undefined) },
      skydive_firewall: {
        value: 'auto',
        has: () => {
          assert.equal(machine.run('iptables -S INPUT | grep Skydive').out, '');
          const chain = machine.ask('nft list chain inet filter skydive');
          assert.match(chain, /tcp dport 8082 accept comment "Skydive: API"/);
          assert.match(chain, /udp dport 8082 accept comment "Skydive: flows"/);
          assert.doesNotMatch(chain, /12379/);
          assert.match(machine.ask('nft list chain inet filter input'), /jump skydive/);
          assert.equal(
            machine.run('ls /etc/iptables/rules.v4').status,
            2,
            'the file of the other firewall is gone',
          );
        },
      },
      skydive_tls_directory: {
        value: '/srv/skydive/pki',
        has: (seen) => {
          assert.deepEqual(Object.keys(seen.config.tls), [
            'ca_cert',
            'client_cert',
            'client_key',
            'server_cert',
            'server_key',
          ]);
          assert.equal(
            machine.run('cmp /etc/skydive/tls/server.crt /srv/skydive/pki/analyzer-localhost.crt').status,
            0,
          );
          assert.equal(
            machine.run('cmp /etc/skydive/tls/client.crt /srv/skydive/pki/analyzer-localhost.crt').status,
            0,
          );
        },
      },
      skydive_extra_config: {
        value:
          "{'agent.topology.probes': ['socketinfo', 'docker'], 'logging.level': 'DEBUG', 'agent.listen': '127.0.0.1:8081', 'storage.level.path': '/srv2/history', 'logging.backends': ['stderr', 'file']}",
        has: all(
          config('agent.topology.probes', ['socketinfo', 'docker']),
          config('logging.level', 'DEBUG'),
          listens('tcp 127.0.0.1:8081'),
        ),
      },
      skydive_topology_probes: {
        value: ['ovsdb'],
        has: config('agent.topology.probes', ['socketinfo', 'docker']),
      },
      skydive_deployment_test: { value: false, has: () => {} },
    },
    besides: { skydive_iptables_rules: true },
  },
};

const given = full ? Object.entries(batches) : Object.entries(batches).slice(0, 1);
for (const [name, { prepare, besides = {}, rows }] of given) {
  test(name, async (t) => {
    prepare?.();
    const values = Object.fromEntries(Object.entries(rows).map(([variable, { value }]) => [variable, value]));
    writeFileSync(join(appliance.site, 'variables.json'), JSON.stringify({ ...besides, ...values }));
    const run = { inventory: 'inventory.bare', on: machine, args: ['-e', '@variables.json'] };
    writeFileSync(join(appliance.site, 'inventory.bare'), bare);
    const first = await appliance.deploy(run);
    const configFile = machine.ask(`cat ${values['skydive_config_file'] ?? '/etc/skydive/skydive.yml'}`);
    const seen: Seen = {
      config: parse(configFile, { version: '1.1' }),
      configFile,
      agentUnit: machine.ask('cat /etc/systemd/system/skydive-agent.service'),
      analyzerUnit: machine.ask('cat /etc/systemd/system/skydive-analyzer.service'),
      sockets: machine
        .ask('ss -Hltun')
        .split('\n')
        .map((line) => line.split(/\s+/))
        .map((columns) => `${columns[0]} ${columns[4]}`),
    };
    for (const [variable, { value, has }] of Object.entries(rows)) {
      await t.test(`${variable}: ${JSON.stringify(value)}`, () => has(seen));
    }
    await t.test('an unknown key is a warning that names the nearest', () => {
      const warned =
        /WARNING skydive_extra_config: the configuration knows no key (\S+); is (\S+) meant/.exec(
          first.output.replace(/\s+/g, ' '),
        );
      const expected = JSON.stringify(values['skydive_extra_config'] ?? '').includes('updte');
      assert.equal(warned?.[1], expected ? 'agent.topology.netlink.metrics_updte' : undefined);
      if (expected) assert.equal(warned?.[2], 'agent.topology.netlink.metrics_update');
    });
    await t.test('no secret is shown', () => {
      for (const secret of ['0123', 'yes & no', '007']) assert.ok(!first.output.includes(secret), secret);
    });
    await t.test('a second run changes nothing', async () => {
      assert.deepEqual((await appliance.deploy(run)).changes, []);
    });
  });
}

test('keys that are dropped, and rules that are switched off, are gone', async () => {
  await appliance.deploy({ inventory: 'inventory.bare', on: machine });
  const { flow, agent, tls } = parse(machine.ask('cat /etc/skydive/skydive.yml'));
  assert.deepEqual([flow, agent.metadata, tls], [{ protocol: 'udp' }, undefined, undefined]);
  assert.equal(machine.run('iptables -S INPUT | grep Skydive').out, '');
  assert.notEqual(machine.run('nft list chain inet filter skydive').status, 0);
  assert.equal(machine.run('ls /etc/systemd/system/skydive-firewall.service').status, 2);
});

testInFull(
  'the program by a URL with a checksum is fetched by the controller, a new one replaces the old',
  async () => {
    const program = join(appliance.site, 'build/program');
    // The same program with other bytes behind its end.
    writeFileSync(program, Buffer.concat([readFileSync(program), Buffer.from('\n# \n')]));
    const digest = createHash('sha256').update(readFileSync(program)).digest('hex');
    machine.ask(
      'systemd-run --unit=www --working-directory=/srv/skydive/build python3 -m http.server --bind 127.0.0.1 8000',
    );
    await eventually(
      'the server of the program answers',
      () => machine.run('curl -sI http://127.0.0.1:8000/program').status === 0,
    );
    const before = starts(machine, 'skydive-agent');
    const args = [
      ...['-e', 'skydive_binary_location=http://127.0.0.1:8000/program'],
      ...['-e', `skydive_binary_checksum=sha256:${digest}`],
    ];
    await appliance.deploy({ inventory: 'inventory.bare', on: machine, args });
    assert.equal(machine.ask('sha256sum /usr/bin/skydive').split(' ')[0], digest);
    assert.equal(starts(machine, 'skydive-agent'), before + 1);
    const again = await appliance.deploy({ inventory: 'inventory.bare', on: machine, args });
    assert.deepEqual(again.changes, []);
  },
);

testInFull('another version than skydive_release is refused', async () => {
  const run = await appliance.play({
    inventory: 'inventory.bare',
    on: machine,
    args: ['-e', 'skydive_release=v0.28.0'],
  });
  assert.notEqual(run.status, 0);
  assert.match(run.output.replace(/\s+/g, ' '), /skydive_release: .* is version .*, not v0\.28\.0/);
});

const bare = `[analyzers]
localhost ansible_connection=local

[agents]
localhost ansible_connection=local
`;
