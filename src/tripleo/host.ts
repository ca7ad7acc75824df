// SPDX-License-Identifier: Apache-2.0

/** A node of the overcloud. */
export interface Host {
  /** Short, in lower case. */
  readonly name: string;
  /** On network ctlplane. */
  readonly address: string;
  /** Analyzers run on controllers only, agents on all. */
  readonly controller: boolean;
}
