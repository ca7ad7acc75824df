// SPDX-License-Identifier: Apache-2.0
// The captures with known answers: every row of the tables in ../shared/spec/capture.md, section 13, which were
// measured on the original.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Flow, flowsOf, type Options, shared } from './flows.js';

const spec = join(shared, 'spec/capture.md');
const missing = existsSync(spec) ? false : 'needs ../shared';

interface Row {
  readonly pcap: string;
  readonly options: Options;
  readonly cells: readonly string[];
}

/** The lines of a section's table, each cut into its cells. */
function table(heading: string): string[][] {
  const text = readFileSync(spec, 'utf8');
  const section = text.slice(text.indexOf(heading)).split(/\n##/)[0] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| ') || line.startsWith('|  |'))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
}

/** What the first column says about a file and how it is read. */
function source(text: string): { pcap: string; options: Options } {
  const pcap = text.split(' ')[0] ?? '';
  if (text.includes('51234')) return { pcap, options: { mplsUdpPorts: [51234] } };
  if (text.includes('as Raw')) return { pcap, options: { linkType: 101 } };
  if (text.includes('defrag on')) return { pcap, options: { ipDefrag: true } };
  return { pcap, options: {} };
}

/** Rows of 13.2 by file and reading. */
function measured(): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  let name = '';
  for (const cells of table('### 13.2').filter((row) => /^\d+$/.test(row[1] ?? ''))) {
    if (cells[0] !== '') name = cells[0] ?? '';
    groups.set(name, [...(groups.get(name) ?? []), { ...source(name), cells }]);
  }
  return groups;
}

function id(value: number | undefined): string {
  return value === undefined || value === 0 ? '' : ` #${value}`;
}

function transport(flow: Flow): string {
  if (flow.Transport) return `${flow.Transport.Protocol} ${flow.Transport.A} > ${flow.Transport.B}`;
  return flow.ICMP ? `${flow.ICMP.Type} c${flow.ICMP.Code ?? 0} id${flow.ICMP.ID ?? 0}` : '-';
}

/** A flow as 13.2 writes it, without number, parent and UUID of mode L3. */
function describe(flow: Flow): string[] {
  const { Metric: metric, Link: link, Network: network } = flow;
  const tracking =
    flow.TrackingID === flow.L3TrackingID ? [flow.TrackingID] : [flow.TrackingID, flow.L3TrackingID];
  return [
    flow.LayersPath,
    link ? `${link.A} > ${link.B}${id(link.ID)}` : '-',
    network ? `${network.A} > ${network.B}${id(network.ID)}` : '-',
    transport(flow),
    `${metric.ABPackets}/${metric.ABBytes}, ${metric.BAPackets}/${metric.BABytes}`,
    String(metric.RTT ?? 0),
    `${flow.Start}, +${flow.Last - flow.Start}`,
    tracking.join(' / '),
    flow.UUID,
  ];
}

test('each capture gives exactly the listed flows in mode L2', { skip: missing }, async () => {
  const groups = measured();
  assert.ok(groups.size >= 20, `${groups.size} captures are listed`);
  for (const [name, rows] of groups) {
    const first = rows[0] as Row;
    const flows = await flowsOf(first.pcap, first.options);
    assert.deepEqual(
      flows.map(describe),
      rows.map(({ cells }) => cells.slice(2, 11)),
      name,
    );
    const numbers = new Map(flows.map((flow, i) => [flow.UUID, String(i + 1)]));
    const parents = flows.map((flow) => (flow.ParentUUID === '' ? '-' : numbers.get(flow.ParentUUID)));
    assert.deepEqual(
      parents,
      rows.map(({ cells }) => cells[11]),
      `${name}: parents`,
    );
  }
});

test('defragmentation changes only what is fragmented', { skip: missing }, async () => {
  for (const [name, rows] of measured()) {
    const first = rows[0] as Row;
    if (first.pcap === 'ipv4-fragments') continue;
    const flows = await flowsOf(first.pcap, { ...first.options, ipDefrag: true });
    assert.deepEqual(
      flows.map(describe),
      rows.map(({ cells }) => cells.slice(2, 11)),
      name,
    );
    for (const flow of flows) {
      // Only the innermost flow of a packet is told about its fragments.
      const innermost =
        flow.Network?.Protocol === 'IPV4' && !/(GRE|MPLS|VXLAN|Geneve)$/.test(flow.LayersPath);
      assert.deepEqual(flow.IPMetric, innermost ? { Fragments: 0, FragmentErrors: 0 } : undefined, name);
    }
  }
  const [request] = await flowsOf('ipv4-fragments', { ipDefrag: true });
  assert.deepEqual(request?.IPMetric, { Fragments: 1, FragmentErrors: 0 });
});

test('each capture gives exactly the listed flows in mode L3', { skip: missing }, async () => {
  for (const [name, rows] of measured()) {
    const first = rows[0] as Row;
    const flows = await flowsOf(first.pcap, { ...first.options, layerKeyMode: 'L3' });
    if (name === 'layer-key-mode') {
      assert.equal(flows.length, 1);
      const flow = flows[0] as Flow;
      assert.deepEqual(
        [
          flow.UUID,
          flow.TrackingID,
          transport(flow),
          flow.Metric.RTT,
          flow.Metric.ABBytes,
          flow.Metric.BABytes,
        ],
        ['b19e0a54df6a2006', '9e42a86914a043b8', 'ECHO c0 id23604', 12000, 196, 196],
      );
      continue;
    }
    assert.equal(flows.length, rows.length, name);
    flows.forEach((flow, i) => {
      const cells = rows[i]?.cells ?? [];
      const networked = cells[4] !== '-';
      assert.equal(flow.UUID, cells[12], `${name} ${i + 1}`);
      // Where there is a network the link layer does not count; elsewhere nothing but it identifies, and nothing is counted.
      assert.equal(flow.TrackingID === flow.L3TrackingID, networked, `${name} ${i + 1}`);
      if (!networked) assert.equal(flow.TrackingID, (cells[9] ?? '').split(' / ')[0], `${name} ${i + 1}`);
      assert.equal(flow.Metric.ABPackets + flow.Metric.BAPackets > 0, networked, `${name} ${i + 1}`);
    });
  }
});

test('the hundred symmetric pings have the listed identifiers', { skip: missing }, async () => {
  const { createHash } = await import('node:crypto');
  const digest = (values: string[]) => createHash('sha256').update(values.sort().join('\n')).digest('hex');
  for (const [mode, field, expected] of table('### 13.2').filter(
    (row) => row[0] === 'L2' || row[0] === 'L3',
  )) {
    const flows = await flowsOf('icmpv4-symetric', { layerKeyMode: mode as string });
    assert.equal(flows.length, 100);
    assert.equal(digest(flows.map((flow) => flow[field as 'UUID'])), expected, `${mode} ${field}`);
  }
});

test('TCP metrics are the listed ones', { skip: missing }, async () => {
  const listed: [string, number, string][] = [
    ['simple-tcpv4', 3333, 'simple-tcpv4'],
    ['eth-ip4-arp-dns-req-http-google', 47838, 'port 47838'],
    ['eth-ip4-arp-dns-req-http-google', 54785, 'port 54785'],
    ['iperf-same-L2L3', 60038, 'iperf-same-L2L3'],
  ];
  const rows = table('### 13.3');
  for (const [pcap, port, text] of listed) {
    const row = rows.find(([name]) => name?.includes(text)) ?? [];
    const flows = await flowsOf(pcap, { extraTcpMetric: true, reassembleTcp: true, ipDefrag: true });
    const flow = flows.find(({ Transport }) => Transport?.A === port || Transport?.B === port);
    const measures = Object.fromEntries(
      Object.entries(flow?.TCPMetric ?? {}).filter(([, value]) => value !== 0),
    );
    const expected: Record<string, number> = {};
    for (const [, name, value] of (row[1] ?? '').matchAll(/(\w+) (-?\d+)(?=[,; (]|$)/g)) {
      if (name !== undefined && /^(AB|BA)/.test(name)) expected[name] = Number(value);
    }
    const ttls = /TTLs (\d+)\/(\d+)/.exec(row[1] ?? '');
    if (ttls) Object.assign(expected, { ABSynTTL: Number(ttls[1]), BASynTTL: Number(ttls[2]) });
    if (/Saw flags 1/.test(row[1] ?? '')) {
      Object.assign(expected, { ABSawStart: 1, ABSawEnd: 1, BASawStart: 1, BASawEnd: 1 });
    }
    assert.deepEqual(measures, expected, text);
  }
  const ooo = await flowsOf('eth-ipv4-tcp-http-ooo', { reassembleTcp: true, extraTcpMetric: true });
  assert.equal(ooo[0]?.TCPMetric?.BASegmentOutOfOrder, 3);
  assert.equal(ooo[0]?.TCPMetric?.ABSegmentOutOfOrder, 0);
});

interface DnsRecord {
  readonly name: string;
  readonly type: string;
  readonly class: string;
  readonly TTL?: number;
  readonly data_length?: number;
  readonly IP?: string;
  readonly NS?: string;
  readonly CNAME?: string;
  readonly SOA?: Readonly<Record<string, string | number>>;
}

function record(entry: DnsRecord): string {
  const soa = entry.SOA === undefined ? undefined : Object.values(entry.SOA).join(' ');
  const value = entry.IP ?? entry.NS ?? entry.CNAME ?? soa;
  return `${entry.name} ${entry.type} ${entry.TTL ?? 0}/${entry.data_length ?? 0} ${value}`;
}

test('DNS contents are the listed ones', { skip: missing }, async () => {
  const flows = await flowsOf('dns', { extraLayers: 2 });
  const rows = table('### 13.4').filter((row) => /^\d+$/.test(row[0] ?? ''));
  assert.equal(rows.length, 6);
  const section = (records: unknown) =>
    ((records as DnsRecord[] | undefined) ?? []).map(record).join('; ') || '-';
  rows.forEach((cells, i) => {
    const flow = flows[i] as Flow;
    const dns = flow.DNS as Record<string, unknown>;
    const [question] = dns.questions as [DnsRecord];
    const counts = ['QDCount', 'ANCount', 'NSCount', 'ARCount'].map((key) => dns[key] ?? 0).join('/');
    const [seconds, fraction] = (cells[8] ?? '').split('.');
    const time = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
    assert.deepEqual(
      [
        String(flow.Transport?.A),
        String(dns.ID),
        `${question.name} ${question.type}`,
        counts,
        section(dns.answers),
        section(dns.authorities),
        section(dns.additionals),
        dns.timestamp,
      ],
      [...cells.slice(1, 8), `${time}.${(fraction ?? '').replace(/0+$/, '')}Z`],
    );
    assert.deepEqual(
      [dns.op_code, dns.response_code, dns.QR, dns.RD, dns.RA, dns.AA, dns.TC, dns.z, question.class],
      ['Query', 'No Error', true, true, true, undefined, undefined, undefined, 'IN'],
    );
  });
});
