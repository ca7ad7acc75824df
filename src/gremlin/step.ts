// SPDX-License-Identifier: Apache-2.0

import type { Current, Kind } from './current.js';
import type { StepSyntax } from './parser.js';
import type { Run } from './run.js';
import type { Call } from './syntax.js';

export type Order = 'keeps' | 'needs' | 'drops';

/** Elements `from`..`to` (exclusive) of what a step would give. */
export interface Page {
  readonly from: number;
  readonly to: number;
}

/** A step about to run, with the steps behind it that it took in. */
export interface Stage {
  readonly step: StepDefinition;
  readonly call: Call;
  /** Steps that were absorbed, in the order written. */
  readonly absorbed: readonly Call[];
  /** What it gives has to be in order: somebody behind it sees the order. */
  readonly ordered: boolean;
}

/** Everything the language knows of one step. One file each in `steps/`; `steps/registry.ts` lists them. */
export interface StepDefinition extends StepSyntax {
  /** As documented; written in any case. */
  readonly name: string;
  readonly aliases?: readonly string[];
  /** Not understood by agents. */
  readonly extension?: true;
  /** One or two sentences for people. */
  readonly doc: string;
  /** The results that the step may follow. */
  readonly accepts: readonly Kind[];
  /** What it gives, for people. */
  readonly returns: string;
  /** Category of the error when it follows something else; X-EXEC for extensions, X-STEP for the rest. */
  readonly refusal?: 'X-EXEC';
  /** Goes along edges: in a time slice it has to know the revisions of each node. */
  readonly walks?: true;
  /**
   * Whether the order of what it follows shows in what it gives: `keeps` (the default), if somebody looks at its own;
   * `needs`, always; `drops`, never.
   */
  readonly order?: Order | ((call: Call) => Order);
  /** Whether the step takes a following one in, given those it has already. */
  readonly absorbs?: (stage: Stage, next: Call) => boolean;
  readonly run: (run: Run, stage: Stage, input: Current) => Current | Promise<Current>;
  /** How the step would run, for Explain. */
  readonly explain?: (run: Run, stage: Stage, input: Current) => string | undefined;
}
