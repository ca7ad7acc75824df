// SPDX-License-Identifier: Apache-2.0
// Changes in the kernel → graph, in a network namespace of its own. Needs root and `ip`.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Graph } from '../../src/graph/graph.js';
import { silentLogger } from '../../src/log/logger.js';
import { NetlinkProbe } from '../../src/topology/probes/netlink/netlink-probe.js';
import { TidMapper } from '../../src/topology/tid.js';
import type { Row } from './row.js';

const interfaces = 50;
const changes = 150_000;

/** Commands for `ip -batch`: addresses, neighbours and MTUs in turn, over all interfaces. */
function batch(): string {
  const lines: string[] = [];
  for (let at = 0; lines.length < changes; at += 1) {
    const link = `b${at % interfaces}`;
    const round = Math.floor(at / interfaces);
    const address = `10.${at % interfaces}.${round % 4}.1/24`;
    lines.push(`address ${Math.floor(round / 4) % 2 === 0 ? 'add' : 'del'} ${address} dev ${link}`);
    lines.push(
      `neigh replace 10.200.${round % 8}.2 lladdr 02:00:00:00:00:${(at % 256).toString(16).padStart(2, '0')} dev ${link} nud permanent`,
    );
    lines.push(`link set ${link} mtu ${1300 + (round % 100)}`);
  }
  lines.push('link set b0 mtu 1499');
  return `${lines.join('\n')}\n`;
}

export async function run(): Promise<Row[]> {
  const name = `skybench${process.pid}`;
  execFileSync('ip', ['netns', 'add', name]);
  const graph = new Graph({ host: 'bench', origin: 'agent.bench' });
  const tids = new TidMapper(graph, silentLogger);
  tids.start();
  const probe = new NetlinkProbe({ graph, logger: silentLogger, metricsUpdateMs: 30_000 });
  try {
    const host = graph.addNode({ Metadata: { Name: 'bench', Type: 'host' } });
    execFileSync('ip', ['-n', name, '-batch', '-'], {
      input: Array.from(
        { length: interfaces },
        (_, at) => `link add b${at} type bridge\nlink set b${at} up\n`,
      ).join(''),
    });
    probe.start();
    await probe.register({ path: `/run/netns/${name}` }, host.ID).synced;

    const input = batch();
    const mtuOfFirst = () =>
      graph.children(host.ID).find(({ Metadata }) => Metadata['Name'] === 'b0')!.Metadata['MTU'];
    let updates = 0;
    const off = graph.on(() => {
      updates += 1;
    });
    const before = probe.counters();
    const delay = monitorEventLoopDelay({ resolution: 1 });
    const cpu = process.cpuUsage();
    const since = performance.now();
    delay.enable();
    const sender = spawn('ip', ['-n', name, '-force', '-batch', '-'], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    sender.stdin.end(input);
    await once(sender, 'exit');
    const sentMs = performance.now() - since;
    while (mtuOfFirst() !== 1499) await new Promise((resolve) => setImmediate(resolve));
    const doneMs = performance.now() - since;
    delay.disable();
    off();
    const spent = process.cpuUsage(cpu);
    const after = probe.counters();
    const perSecond = (ms: number) => Math.round((changes / ms) * 1000).toLocaleString('en');
    return [
      {
        measure: `address, neighbour and MTU changes by \`ip -batch\` → graph, ${interfaces} interfaces (sender alone sent ${perSecond(sentMs)}/s; ${after.messages - before.messages} messages, ${updates} graph events, ${after.overruns - before.overruns} overruns)`,
        value: `${perSecond(doneMs)}/s`,
        goal: '≥ 20,000/s',
        cpu: `${((spent.user + spent.system) / 1000).toFixed(0)} ms`,
      },
      {
        measure: 'delay of the event loop meanwhile, p99 (max)',
        // The histogram counts its own period of 1 ms.
        value: `${(delay.percentile(99) / 1e6).toFixed(1)} ms (${(delay.max / 1e6).toFixed(1)} ms)`,
        goal: '≤ 20 ms',
      },
    ];
  } finally {
    probe.stop();
    tids.stop();
    execFileSync('ip', ['netns', 'del', name]);
  }
}
