// SPDX-License-Identifier: Apache-2.0

/**
 * Turns a set of bits into the list of their names, in the order given. Equal sets give the same array, so that
 * comparing them costs nothing.
 */
export function bitNames(names: readonly (readonly [bit: number, name: string])[]) {
  const known = names.reduce((mask, [bit]) => mask | bit, 0);
  const lists = new Map<number, readonly string[]>();
  return (bits: number): readonly string[] => {
    const set = bits & known;
    let list = lists.get(set);
    if (list === undefined) {
      list = Object.freeze(names.filter(([bit]) => (set & bit) !== 0).map(([, name]) => name));
      lists.set(set, list);
    }
    return list;
  };
}

/** IFF_* of linux/if.h. The original read three of them off wrong bits; these are the kernel's. */
export const linkFlagNames = bitNames([
  [0x1, 'UP'],
  [0x2, 'BROADCAST'],
  [0x8, 'LOOPBACK'],
  [0x10, 'POINTTOPOINT'],
  [0x1000, 'MULTICAST'],
]);

/** NUD_* of linux/neighbour.h. */
export const neighbourStateNames = bitNames([
  [0x01, 'NUD_INCOMPLETE'],
  [0x02, 'NUD_REACHABLE'],
  [0x04, 'NUD_STALE'],
  [0x08, 'NUD_DELAY'],
  [0x10, 'NUD_PROBE'],
  [0x20, 'NUD_FAILED'],
  [0x40, 'NUD_NOARP'],
  [0x80, 'NUD_PERMANENT'],
]);

/** NTF_* of linux/neighbour.h. */
export const neighbourFlagNames = bitNames([
  [0x01, 'NTF_USE'],
  [0x02, 'NTF_SELF'],
  [0x04, 'NTF_MASTER'],
  [0x08, 'NTF_PROXY'],
  [0x10, 'NTF_EXT_LEARNED'],
  [0x20, 'NTF_OFFLOADED'],
  [0x40, 'NTF_STICKY'],
  [0x80, 'NTF_ROUTER'],
]);
