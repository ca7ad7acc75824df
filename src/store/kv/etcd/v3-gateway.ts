// SPDX-License-Identifier: Apache-2.0

/** Members that are zero or empty are left out; 64-bit numbers are strings. */
export interface V3KeyValue {
  readonly key: string;
  readonly value?: string;
  readonly create_revision: string;
  readonly mod_revision: string;
  readonly lease?: string;
}

export interface V3Range {
  readonly header: { readonly revision: string };
  readonly kvs?: readonly V3KeyValue[];
}

/** Lone surrogates aside, any text goes through: the gateway takes bytes as base64. */
export function encodeText(text: string): string {
  return Buffer.from(text).toString('base64');
}

export function decodeText(base64 = ''): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}
