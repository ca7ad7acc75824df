// SPDX-License-Identifier: Apache-2.0

import { execFileSync } from 'node:child_process';

/** A namespace with a veth whose end `in` receives what is sent on `out`, and nothing else. */
export class VethNamespace {
  readonly name: string;
  readonly path: string;

  constructor(name: string) {
    this.name = `${name}${process.pid}`;
    this.path = `/run/netns/${this.name}`;
    execFileSync('ip', ['netns', 'add', this.name]);
    this.run('sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1');
    this.run('ip', 'link', 'add', 'name', 'out', 'type', 'veth', 'peer', 'name', 'in');
    for (const link of ['in', 'out']) this.run('ip', 'link', 'set', 'dev', link, 'up');
    // A veth takes redirected frames only where NAPI runs.
    this.run('ethtool', '-K', 'in', 'gro', 'on');
  }

  run(...words: string[]): string {
    return execFileSync('ip', ['netns', 'exec', this.name, ...words], { encoding: 'utf8' });
  }

  /** Packets that came in by `in`. */
  received(): number {
    const [link] = JSON.parse(this.run('ip', '-j', '-s', 'link', 'show', 'in')) as [
      { stats64: { rx: { packets: number } } },
    ];
    return link.stats64.rx.packets;
  }

  remove(): void {
    execFileSync('ip', ['netns', 'del', this.name]);
  }
}
