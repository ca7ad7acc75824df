// SPDX-License-Identifier: Apache-2.0

import type { ScratchNamespace } from './scratch-namespace.js';

/** mulberry32: small, and the same everywhere. */
export function generator(start: number): (below: number) => number {
  let state = start >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Random commands for `ip`; many of them fail, which is as good. */
export class RandomSteps {
  readonly #random: (below: number) => number;
  readonly #label: string;
  #links: string[] = [];
  #count = 0;

  /** `label` keeps the names apart from those of other steps. */
  constructor(random: (below: number) => number, label = '') {
    this.#random = random;
    this.#label = label;
  }

  /** A link that is taken away from these steps, undefined when there are few. */
  take(): string | undefined {
    if (this.#links.length < 5) return undefined;
    const link = this.#pick(this.#links);
    this.#links = this.#links.filter((name) => name !== link);
    return link;
  }

  give(link: string): void {
    this.#links.push(link);
  }

  newName(prefix: string): string {
    return this.#name(prefix);
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#random(list.length)]!;
  }

  #hex(): string {
    return this.#random(256).toString(16).padStart(2, '0');
  }

  #name(prefix: string): string {
    const name = `${prefix}${this.#label}${++this.#count}`;
    this.#links.push(name);
    return name;
  }

  #ip4(): string {
    return `10.${this.#random(4)}.${this.#random(4)}.${1 + this.#random(250)}`;
  }

  #ip6(): string {
    return `fd00:${this.#random(4)}::${1 + this.#random(250)}`;
  }

  #add(): string {
    const lower = this.#links.length > 0 ? this.#pick(this.#links) : 'lo';
    switch (this.#random(7)) {
      case 0:
        return `link add ${this.#name('ve')} type veth peer name ${this.#name('vp')}`;
      case 1:
        return `link add ${this.#name('br')} type bridge`;
      case 2:
        return `link add ${this.#name('mv')} link ${lower} type macvlan mode bridge`;
      case 3:
        return `link add ${this.#name('vx')} type vxlan id ${1 + this.#random(1000)} remote ${this.#ip4()} dstport 4789`;
      case 4:
        return `tuntap add dev ${this.#name('tu')} mode tun`;
      case 5:
        return `tuntap add dev ${this.#name('ta')} mode tap`;
      default:
        return `link add ${this.#name('vx')} type vxlan id ${1 + this.#random(1000)} dev ${lower} group 239.1.1.1 dstport 4790`;
    }
  }

  next(): string {
    if (this.#links.length < 4) return this.#add();
    const link = this.#pick(this.#links);
    switch (this.#random(18)) {
      case 0:
      case 1:
        return this.#links.length < 40 ? this.#add() : `link set ${link} down`;
      case 2:
        this.#links = this.#links.filter((name) => name !== link);
        return `link del ${link}`;
      case 3: {
        const renamed = this.#name('rn');
        this.#links = this.#links.filter((name) => name !== link);
        return `link set ${link} name ${renamed}`;
      }
      case 4:
      case 5:
        return `link set ${link} up`;
      case 6:
        return `link set ${link} down`;
      case 7:
        return `link set ${link} mtu ${1280 + this.#random(200)}`;
      case 8:
        return `link set ${link} master ${this.#links.find((name) => name.startsWith('br')) ?? 'lo'}`;
      case 9:
        return `link set ${link} nomaster`;
      case 10:
        return `link set ${link} address 02:${this.#hex()}:${this.#hex()}:${this.#hex()}:00:01`;
      case 11:
        return `addr add ${this.#ip4()}/${this.#pick([16, 24, 32])} dev ${link}`;
      case 12:
        return `addr add ${this.#ip6()}/64 dev ${link} nodad`;
      case 13:
        return this.#random(2) === 0 ? `addr flush dev ${link}` : `neigh flush dev ${link} nud all`;
      case 14:
        return `neigh replace ${this.#random(2) === 0 ? this.#ip4() : this.#ip6()} lladdr 02:00:00:00:00:${this.#hex()} dev ${link} nud ${this.#pick(['permanent', 'stale', 'reachable'])}`;
      case 15:
        return `route replace ${this.#pick(['default', '192.168.0.0/16', '172.16.1.0/24'])} dev ${link} table ${this.#pick([254, 100, 1000])} metric ${this.#random(3)}`;
      case 16:
        return `route add 172.20.${this.#random(4)}.0/24 nexthop dev ${link} nexthop dev ${this.#pick(this.#links)}`;
      default:
        return this.#random(2) === 0
          ? `route replace ${this.#pick(['default', 'fd10::/32'])} via ${this.#ip6()} dev ${link}`
          : `route del ${this.#pick(['default', '192.168.0.0/16', '172.20.1.0/24'])}`;
    }
  }
}

/** A namespace that random steps change. */
export interface SteppedPlace {
  readonly namespace: ScratchNamespace;
  readonly steps: RandomSteps;
}

/** One random command in one of the places, which may reach into another one; what failed is left alone. */
export async function randomStep(
  random: (below: number) => number,
  places: readonly SteppedPlace[],
): Promise<string> {
  const place = places[random(places.length)]!;
  const other = places[random(places.length)]!;
  const choice = random(6);
  const moved = choice === 0 ? place.steps.take() : undefined;
  let line: string;
  if (moved !== undefined) {
    line = `link set ${moved} netns ${other.namespace.name}`;
    other.steps.give(moved);
  } else if (choice === 1) {
    const index = 500 + random(40);
    line = `link add name ${place.steps.newName('ve')} index ${index} type veth peer name ${other.steps.newName('vp')} index ${index} netns ${other.namespace.name}`;
  } else {
    line = place.steps.next();
  }
  await place.namespace.do(line).catch(() => undefined);
  return line;
}
