// SPDX-License-Identifier: Apache-2.0

import { isPage } from './absorb.js';
import type { Stage, StepDefinition } from './step.js';
import type { Call } from './syntax.js';

/**
 * Joins each step with those behind it that it takes in, and finds out where order matters: everything is enumerated
 * by creation and ID, but it is put in that order only where somebody sees it.
 */
export function plan(calls: readonly Call[], definition: (name: string) => StepDefinition): readonly Stage[] {
  const joined = join(calls, definition);
  const stages: Stage[] = [];
  let seen = true;
  for (const stage of joined.reverse()) {
    const paged = stage.absorbed.some(isPage);
    stages.push({ ...stage, ordered: seen || paged });
    const { order: rule = 'keeps' } = stage.step;
    const order = typeof rule === 'string' ? rule : rule(stage.call);
    seen = order === 'needs' || (order === 'keeps' && (paged || seen));
  }
  return stages.reverse();
}

function join(calls: readonly Call[], definition: (name: string) => StepDefinition): Stage[] {
  const stages: Stage[] = [];
  for (let i = 0; i < calls.length; ) {
    const call = calls[i++]!;
    const step = definition(call.name);
    const absorbed: Call[] = [];
    const stage: Stage = { step, call, absorbed, ordered: true };
    while (i < calls.length && step.absorbs?.(stage, calls[i]!) === true) absorbed.push(calls[i++]!);
    stages.push(stage);
  }
  return stages;
}
