// SPDX-License-Identifier: Apache-2.0

import { parseAddress } from '../../config/address.js';
import { messageOf, SkydiveError } from '../../errors.js';
import type { Capture } from '../../flow/capture.js';
import { abilitiesOf, captureTypes, sharesNodes } from '../../flow/capture-types.js';
import { decodeCapture } from '../../flow/decode-capture.js';
import { compileExpression } from '../../gremlin/expression.js';
import { parseQuery } from '../../gremlin/query.js';
import type { KvResourceKind } from '../resources/kv-resource.js';

/** As filters are checked: for Ethernet, whatever they will run on. */
const linkType = 1;
const captureLength = 4096;

type Check = (capture: Capture) => string | undefined;

function refusalOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function prefixed(prefix: string, reason: string | undefined): string | undefined {
  return reason === undefined ? undefined : `${prefix}: ${reason}`;
}

/** Member → why its value is refused, with the words of the original. */
const checks: Readonly<Partial<Record<keyof Capture, Check>>> = {
  GremlinQuery: ({ GremlinQuery = '' }) =>
    prefixed(
      'Not a valid Gremlin expression',
      refusalOf(() => parseQuery(GremlinQuery)),
    ),
  BPFFilter: ({ BPFFilter = '' }) =>
    BPFFilter === ''
      ? undefined
      : prefixed(
          'Not a valid BPF expression',
          refusalOf(() => compileExpression(BPFFilter, linkType, captureLength)),
        ),
  Type: ({ Type = '' }) =>
    Type === '' || abilitiesOf(Type) !== undefined
      ? undefined
      : `Not a valid capture type: ${Type}, available types: [${captureTypes.join(' ')}]`,
  // What is not positive stands for the usual port.
  Port: ({ Port = 0 }) => (Port <= 65_535 ? undefined : 'A valid port is <= 65535'),
  RawPacketLimit: ({ RawPacketLimit = 0 }) =>
    RawPacketLimit >= 0 && RawPacketLimit <= 10 ? undefined : 'A valid raw packet limit size is > 0 && <= 10',
  HeaderSize: ({ HeaderSize = 0 }) =>
    HeaderSize === 0 || (HeaderSize >= 14 && HeaderSize <= 4096)
      ? undefined
      : 'A valid header size is >= 14 && <= 4096',
  LayerKeyMode: ({ LayerKeyMode = '' }) =>
    ['', 'L2', 'L3'].includes(LayerKeyMode) ? undefined : 'Not a valid layer key mode',
  Target: ({ Target = '' }) =>
    Target === '' || refusalOf(() => parseAddress(Target)) === undefined ? undefined : 'Not a valid address',
};

/** Throws SKY_E_BAD_REQUEST `<Field>: <reason>` for the first field that is wrong. */
export function validateCapture(capture: Capture): void {
  for (const [field, check] of Object.entries(checks)) {
    const reason = check(capture);
    if (reason !== undefined) throw new SkydiveError('SKY_E_BAD_REQUEST', `${field}: ${reason}`);
  }
}

/** Throws SKY_E_BAD_REQUEST when the type cannot do what is asked for, SKY_E_CONFLICT for the twin of another one. */
export function admitCapture(capture: Capture, present: readonly Capture[]): void {
  const { Type = '', GremlinQuery, BPFFilter } = capture;
  const able = abilitiesOf(Type);
  if (able !== undefined) {
    const lacking = [
      [able.bpf || !BPFFilter, 'BPF filtering'],
      [able.rawPackets || !capture.RawPacketLimit, 'raw packet capture'],
      [able.extraTcpMetric || !capture.ExtraTCPMetric, 'extra TCP metrics capture'],
    ] as const;
    for (const [fine, what] of lacking) {
      if (!fine) throw new SkydiveError('SKY_E_BAD_REQUEST', `${Type} capture doesn't support ${what}`);
    }
  }
  const twin = present.some(
    (other) =>
      (other.Type ?? '') === Type &&
      other.GremlinQuery === GremlinQuery &&
      (!sharesNodes(Type) || (other.BPFFilter ?? '') === (BPFFilter ?? '')),
  );
  if (twin) throw new SkydiveError('SKY_E_CONFLICT', 'duplicated resource');
}

export interface CaptureKindOptions {
  /** Of captures that say none: `L2` or `L3`. */
  readonly defaultLayerKeyMode: string;
  /** How many captures are active on the nodes that a capture selects. */
  readonly count: (capture: Capture) => Promise<number>;
}

/** The resource `capture` (rest-api.md §6). */
export function captureKind({ defaultLayerKeyMode, count }: CaptureKindOptions): KvResourceKind<Capture> {
  return {
    name: 'capture',
    title: 'Capture',
    decode: decodeCapture,
    validate: validateCapture,
    // Decoded anew, for the order of the members.
    complete: (given) =>
      given.LayerKeyMode === undefined
        ? decodeCapture({ ...given, LayerKeyMode: defaultLayerKeyMode })
        : given,
    admit: admitCapture,
    shown: async (capture) => ({ ...capture, Count: await count(capture) }),
    updatable: false,
  };
}
