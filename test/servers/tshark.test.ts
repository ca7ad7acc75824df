// SPDX-License-Identifier: Apache-2.0
// The layers that tshark finds in each packet are those of its flows, but for the rows that say why not.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { addon } from '../../src/native/addon.js';
import { type Flow, root, shared } from '../golden/flows.js';
import { eventually } from '../netns/eventually.js';
import { hasPrograms } from '../netns/has-programs.js';
import { requireNamespaces } from '../netns/require-namespaces.js';
import { ScratchNamespace } from '../netns/scratch-namespace.js';
import { setUp } from './etcd.js';

const missing = setUp('tshark');
const skip = missing === undefined ? {} : { skip: missing };
const run = promisify(execFile);

/** tshark's name of a protocol → that of a layer; empty: it is no layer of a path. */
const names: Readonly<Record<string, string>> = {
  ah: 'IPSecAH',
  arp: 'ARP',
  bfd: 'BFD',
  dhcp: 'DHCPv4',
  dhcpv6: 'DHCPv6',
  dns: 'DNS',
  eapol: 'EAPOL',
  erspan: '',
  esp: 'IPSecESP',
  eth: 'Ethernet',
  etherip: 'EtherIP',
  ethertype: '',
  geneve: 'Geneve',
  gre: 'GRE',
  gtp: 'GTPv1U',
  icmp: 'ICMPv4',
  icmpv6: 'ICMPv6',
  ieee8021ad: 'Dot1Q',
  igmp: 'IGMP',
  ip: 'IPv4',
  ipv6: 'IPv6',
  'ipv6.dstopts': 'IPv6Destination',
  'ipv6.fraghdr': 'IPv6Fragment',
  'ipv6.hopopts': 'IPv6HopByHop',
  'ipv6.routing': 'IPv6Routing',
  llc: 'LLC',
  lldp: 'LinkLayerDiscovery',
  loop: 'EthernetCTP',
  mpls: 'MPLS',
  ntp: 'NTP',
  null: 'Loopback',
  ospf: 'OSPF',
  ppp: 'PPP',
  pppoed: 'PPPoE',
  pppoes: 'PPPoE',
  raw: '',
  sctp: 'SCTP',
  sflow: 'SFlow',
  sip: 'SIP',
  sll: '',
  stp: 'STP',
  tcp: 'TCP',
  udp: 'UDP',
  udplite: 'UDPLite',
  vlan: 'Dot1Q',
  vrrp: 'VRRP',
  vxlan: 'VXLAN',
  // What the layers above carry: no flow names it.
  ...Object.fromEntries(
    ['clnp', 'data', 'data-text-lines', 'echo', 'http', 'osi', 'pwethcw', 'pwethheuristic', 'ssh'].map(
      (name) => [name, ''],
    ),
  ),
};

/** Parts of a layer that tshark gives no name of their own. */
const parts =
  /^(SNAP|EAP|EAPOLKey|LinkLayerDiscoveryInfo|CiscoDiscoveryInfo|EthernetCTP.+|SCTP.+|ICMPv6.+|MLDv\d.+|)$/;

const unread = 'it is malformed: a path ends before what cannot be read, tshark names it';
const unknown = 'tshark does not know it by this number';

/** File, packet from 1 → why its paths differ on purpose. */
const deviations: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  application: { 4: unread, 8: unread, 11: unread, 13: unread },
  link: {
    6: unread,
    11: 'PPP right behind Ethernet, by an EtherType that tshark leaves alone',
    17: unknown,
    18: unknown,
    20: 'it is too short for a frame: there is no flow of it',
  },
  loopback: { 3: 'neither IPv4 nor IPv6: there is no flow of it' },
  'network-v4': { 2: unread, 5: 'IPv4 by protocol 94, which tshark leaves alone', 15: unknown },
  'network-v6': { 5: 'a routing header of a type that the original does not read', 23: unread },
  tunnels: {
    9: 'the original takes the bytes behind MPLS for Ethernet, tshark for a pseudowire',
    10: 'the original looks for Ethernet behind what is no IP, tshark gives up',
    12: 'VXLAN without its flag: tshark does not take it for VXLAN',
  },
  'ntp-corrupted': { 1: unread },
};

/** Layers of each packet as tshark finds them, without putting fragments together. */
async function tsharkLayers(path: string): Promise<string[][]> {
  const words = ['-r', path, '-o', 'ip.defragment:FALSE', '-o', 'ipv6.defragment:FALSE'];
  const { stdout } = await run('tshark', [...words, '-T', 'fields', '-e', 'frame.protocols']);
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const layers = line.split(':').map((name) => {
        assert.ok(name in names, `${path}: tshark's ${name} is not in the table`);
        return names[name]!;
      });
      return layers.filter((name, i) => name !== '' && !(name === 'IGMP' && layers[i - 1] === 'IGMP'));
    });
}

/** The flows of each packet by itself, outermost first. */
function ownPaths(path: string): string[] {
  const file = readFileSync(path);
  const little = [0xa1b2c3d4, 0xa1b23c4d].includes(file.readUInt32LE(0));
  const paths: string[] = [];
  for (let at = 24; at < file.length; ) {
    const captured = little ? file.readUInt32LE(at + 8) : file.readUInt32BE(at + 8);
    const end = at + 16 + captured;
    const table = new (addon().FlowTable)({ ordered: true, format: 'json', flowsPerMessage: 1000 });
    table.feed(Buffer.concat([file.subarray(0, 24), file.subarray(at, end)]));
    table.finish();
    const flows = table.flows().flatMap((message) => JSON.parse(message.toString()) as Flow[]);
    paths.push(flows.map(({ LayersPath }) => LayersPath).join('/'));
    at = end;
  }
  return paths;
}

/** Whether two spellings of a packet's layers are the same. */
function agree(path: string, layers: readonly string[]): boolean {
  const own = path.split('/');
  const fragment = own.indexOf('Fragment');
  const named = own.slice(0, fragment === -1 ? own.length : fragment).filter((name) => !parts.test(name));
  // Nothing is looked for in fragments, nor in the packet that an ICMP message quotes; tshark looks into both.
  const quotes = named.at(-1)?.startsWith('ICMP') === true;
  const found = fragment === -1 && !quotes ? layers : layers.slice(0, named.length);
  return named.join('/') === found.join('/');
}

const folders = [join(root, 'test/golden/pcap'), join(shared, 'pcap')].filter((folder) => existsSync(folder));
const files = folders.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.pcap'))
    .map((name) => join(folder, name)),
);

for (const path of files) {
  const name = path.replace(/^.*\/|\.pcap$/g, '');
  test(`tshark agrees on the layers of ${name}`, { ...skip, timeout: 60_000 }, async () => {
    const [paths, layers] = [ownPaths(path), await tsharkLayers(path)];
    assert.equal(paths.length, layers.length);
    assert.ok(paths.length > 0);
    const differing = paths.flatMap((own, i) =>
      agree(own, layers[i]!) ? [] : [`${i + 1}: ${own} is ${layers[i]!.join('/')} to tshark`],
    );
    const allowed = Object.keys(deviations[name] ?? {});
    assert.deepEqual(
      differing.map((line) => line.replace(/:.*/, '')),
      allowed,
      differing.join('\n'),
    );
  });
}

test('tshark finds the frames in what we mirror, by ERSPAN type II', {
  ...skip,
  timeout: 60_000,
}, async (t) => {
  if (!requireNamespaces(t) || !hasPrograms(t, 'tcpdump')) return;
  const [left, right] = [new ScratchNamespace('targets'), new ScratchNamespace('targets')];
  const folder = mkdtempSync(join(tmpdir(), 'tshark-'));
  t.after(() => {
    left.remove();
    right.remove();
    rmSync(folder, { recursive: true });
  });
  await left.do(`link add here type veth peer name there netns ${right.name}`);
  await left.do('addr add 10.4.1.1/24 dev here');
  await right.do('addr add 10.4.1.2/24 dev there');
  await left.do('link set here up');
  await right.do('link set there up');
  const file = join(folder, 'mirrored.pcap');
  // Packets are mirrored from this process's namespace: over its loopback, to a port-less address of this test only.
  const address = '127.24.2.10';
  const words = ['-Z', 'root', '-U', '-i', 'lo', '-w', file, `proto 47 and dst host ${address}`];
  const dump = spawn('tcpdump', words);
  t.after(() => dump.kill('SIGKILL'));
  let said = '';
  dump.stderr.on('data', (text) => {
    said += String(text);
  });
  await eventually(() => assert.match(said, /listening on lo/));
  const capture = new (addon().PacketCapture)(
    {
      interface: 'here',
      namespacePath: left.path,
      filter: 'icmp',
      target: { type: 'erspanv1', address, interfaceIndex: 0x1234567 },
    },
    () => {},
  );
  t.after(() => capture.stop());
  await run('ip', ['netns', 'exec', left.name, 'ping', '-q', '-c', '5', '-i', '0.01', '10.4.1.2']);
  await eventually(() => assert.equal(capture.stats().target?.sent, 10));
  assert.equal(capture.stats().flowCount, 0);
  const fields = [
    'frame.protocols',
    'gre.sequence_number',
    'erspan.version',
    'erspan.index',
    'ip.src',
    'icmp.type',
  ];
  const read = async () => {
    const asked = fields.flatMap((field) => ['-e', field]);
    const { stdout } = await run('tshark', ['-r', file, '-T', 'fields', ...asked]);
    return stdout.trim().split('\n');
  };
  await eventually(async () => {
    const wanted = Array.from({ length: 10 }, (_, i) => {
      const from = i % 2 === 0 ? '10.4.1.1' : '10.4.1.2';
      const layers = 'eth:ethertype:ip:gre:erspan:eth:ethertype:ip:icmp:data';
      return [layers, String(i), '1', String(0x34567), `127.0.0.1,${from}`, i % 2 === 0 ? '8' : '0'].join(
        '\t',
      );
    });
    assert.deepEqual(await read(), wanted);
  });
  const { stdout } = await run('tcpdump', ['-n', '-v', '-r', file]);
  assert.equal([...stdout.matchAll(/GREv0, Flags \[sequence# present\]/g)].length, 10, stdout);
  const ended = once(dump, 'exit');
  dump.kill('SIGTERM');
  await ended;
});
