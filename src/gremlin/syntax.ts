// SPDX-License-Identifier: Apache-2.0

/** What stands between the parentheses of a step or predicate. Positions are offsets in the text. */
export type Param =
  | { readonly kind: 'string'; readonly value: string; readonly position: number }
  | { readonly kind: 'integer' | 'float'; readonly value: number; readonly position: number }
  | { readonly kind: 'boolean'; readonly value: boolean; readonly position: number }
  | { readonly kind: 'constant'; readonly value: Constant; readonly position: number }
  | {
      readonly kind: 'predicate';
      readonly name: PredicateName;
      readonly params: readonly Param[];
      readonly position: number;
    };

export type Constant = 'ASC' | 'DESC' | 'NOW' | 'FOREVER';

export type PredicateName =
  | 'Metadata'
  | 'Within'
  | 'Without'
  | 'LT'
  | 'LTE'
  | 'GT'
  | 'GTE'
  | 'NE'
  | 'NEE'
  | 'Ipv4Range'
  | 'Regex'
  | 'Inside'
  | 'Between';

/** One step as written. */
export interface Call {
  /** Canonical name of the step, whatever alias or case was written. */
  readonly name: string;
  readonly params: readonly Param[];
  readonly position: number;
}

/** How a message shows a parameter. */
export function show(param: Param): string {
  switch (param.kind) {
    case 'string':
      return `"${param.value}"`;
    case 'predicate':
      return `${param.name}(${param.params.map(show).join(', ')})`;
    default:
      return String(param.value);
  }
}

/** The call in canonical spelling. */
export function showCall(call: Call): string {
  return call.name === 'G' ? 'G' : `${call.name}(${call.params.map(show).join(', ')})`;
}
