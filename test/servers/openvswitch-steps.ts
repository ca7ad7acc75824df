// SPDX-License-Identifier: Apache-2.0

import type { ScratchNamespace } from '../netns/scratch-namespace.js';
import type { OpenVSwitch } from './openvswitch.js';

/** Random changes of an Open vSwitch and of the interfaces in its namespace. Some are refused, which is as good. */
export class OvsSteps {
  readonly #random: (below: number) => number;
  readonly #namespace: ScratchNamespace;
  readonly #ovs: OpenVSwitch;
  #bridges: string[] = [];
  #ports: string[] = [];
  /** Ends of veth pairs that no port has. */
  #links: string[] = [];
  #names = 0;
  count = 0;
  worked = 0;

  constructor(random: (below: number) => number, namespace: ScratchNamespace, ovs: OpenVSwitch) {
    this.#random = random;
    this.#namespace = namespace;
    this.#ovs = ovs;
  }

  /** Does something, and says what. */
  async next(): Promise<string> {
    this.count += 1;
    const line = this.#choose();
    try {
      if (line.startsWith('ip ')) await this.#namespace.do(line.slice(3));
      else await this.#ovs.vsctl(line);
      this.worked += 1;
      return line;
    } catch {
      return `(${line})`;
    }
  }

  #pick(list: readonly string[]): string {
    return list[this.#random(list.length)] ?? 'none';
  }

  #name(prefix: string): string {
    return `${prefix}${++this.#names}`;
  }

  #take(list: string[]): string {
    const [taken] = list.splice(this.#random(list.length), 1);
    return taken ?? 'none';
  }

  #addBridge(): string {
    const name = this.#name('br');
    this.#bridges.push(name);
    return `add-br ${name} -- set bridge ${name} datapath_type=netdev`;
  }

  #addVeth(): string {
    const name = this.#name('ve');
    this.#links.push(name, `${name}p`);
    return `ip link add ${name} type veth peer name ${name}p`;
  }

  #addPort(type: string, options = ''): string {
    const name = this.#name(type.slice(0, 2));
    this.#ports.push(name);
    return `add-port ${this.#pick(this.#bridges)} ${name} -- set interface ${name} type=${type}${options}`;
  }

  #addPatches(): string {
    const [a, b] = [this.#name('pa'), this.#name('pb')];
    this.#ports.push(a, b);
    const add = (name: string, peer: string) =>
      `add-port ${this.#pick(this.#bridges)} ${name} -- set interface ${name} type=patch options:peer=${peer}`;
    return `${add(a, b)} -- ${add(b, a)}`;
  }

  #address(): string {
    return `10.0.${this.#random(4)}.${1 + this.#random(200)}`;
  }

  #choose(): string {
    if (this.#bridges.length < 2) return this.#addBridge();
    const [bridge, port] = [this.#pick(this.#bridges), this.#pick(this.#ports)];
    const value = this.#random(1000);
    switch (this.#random(26)) {
      case 0:
        return this.#bridges.length < 5 ? this.#addBridge() : `del-br ${this.#take(this.#bridges)}`;
      case 1:
        return this.#bridges.length > 3 ? `del-br ${this.#take(this.#bridges)}` : this.#addVeth();
      case 2:
      case 3:
        return this.#addPort('internal');
      case 4:
        return this.#addPatches();
      case 5:
        return this.#addPort('vxlan', ` options:remote_ip=${this.#address()} options:key=${value}`);
      case 6:
        return this.#addPort(
          'gre',
          ` options:remote_ip=${this.#address()} options:local_ip=${this.#address()}`,
        );
      case 7:
        return this.#addPort('geneve', ` options:remote_ip=${this.#address()}`);
      case 8:
      case 9:
        return this.#addVeth();
      case 10:
      case 11: {
        if (this.#links.length === 0) return this.#addVeth();
        const link = this.#take(this.#links);
        this.#ports.push(link);
        return `add-port ${bridge} ${link}`;
      }
      case 12: {
        if (this.#links.length < 2) return this.#addVeth();
        const bond = this.#name('bo');
        this.#ports.push(bond);
        const mode = this.#pick(['balance-slb', 'active-backup']);
        return `add-bond ${bridge} ${bond} ${this.#take(this.#links)} ${this.#take(this.#links)} bond_mode=${mode} lacp=${this.#pick(['off', 'active'])}`;
      }
      case 13:
      case 14:
        return `del-port ${this.#take(this.#ports)}`;
      case 15:
        return `set port ${port} tag=${1 + value}`;
      case 16:
        return `clear port ${port} tag`;
      case 17:
        return `set interface ${port} external_ids:iface-id=id${value}`;
      case 18:
        return `clear interface ${port} external_ids`;
      case 19:
        return `set bridge ${bridge} external_ids:a=${value} other_config:mac-table-size=${10 + value}`;
      case 20:
        return `set bridge ${bridge} protocols=${this.#pick(['OpenFlow10', 'OpenFlow10,OpenFlow13'])}`;
      case 21:
        return `set port ${port} external_ids:c=${value} other_config:d=${value}`;
      case 22:
        return `remove port ${port} external_ids c`;
      case 23: {
        // A kernel interface changes its name, also one that is a port.
        const link = this.#random(2) === 0 ? this.#pick(this.#links) : port;
        const renamed = this.#name('re');
        this.#links = this.#links.map((name) => (name === link ? renamed : name));
        return `ip link set ${link} name ${renamed}`;
      }
      case 24:
        return this.#random(2) === 0 ? `ip link del ${port}` : `ip link set ${port} up`;
      default:
        return `set interface ${port} options:peer=${this.#pick(this.#ports)}`;
    }
  }
}
