// SPDX-License-Identifier: Apache-2.0

import type { Filter } from '../graph/filter.js';
import { both, conditionsOf } from './conditions.js';
import { GremlinError } from './error.js';
import type { Page, Stage } from './step.js';
import { type Call, type Param, show } from './syntax.js';

export function isPage(call: Pick<Call, 'name'>): boolean {
  return call.name === 'Range' || call.name === 'Limit';
}

/** Takes in the first Range or Limit. */
export function absorbsPage(stage: Stage, next: Call): boolean {
  return isPage(next) && !stage.absorbed.some(isPage);
}

/** Takes in one Has, when the step is written without parameters, and the first Range or Limit, in any order. */
export function absorbsHas(least: number): (stage: Stage, next: Call) => boolean {
  return (stage, next) => {
    if (next.name !== 'Has') return absorbsPage(stage, next);
    return (
      stage.call.params.length === 0 &&
      next.params.length >= least &&
      !stage.absorbed.some((call) => call.name === 'Has')
    );
  };
}

/** The absorbed Has, or the step itself: whichever holds the conditions. */
export function conditionsCall(stage: Stage): Call {
  return stage.absorbed.find((call) => call.name === 'Has') ?? stage.call;
}

/** The conditions of the step and of every Has that it took in, together. */
export function absorbedConditions(stage: Stage): Filter | undefined {
  return [stage.call, ...stage.absorbed]
    .filter(({ name }) => !isPage({ name }))
    .reduce<Filter | undefined>((all, call) => both(all, conditionsOf(call)), undefined);
}

/** The absorbed Range or Limit. Throws X-ARG when its bounds are no integers. */
export function pageOf(stage: Stage): Page | undefined {
  const call = stage.absorbed.find(isPage);
  return call === undefined ? undefined : boundsOf(call);
}

/** The bounds of a Range or Limit. Throws X-ARG when they are no integers. */
export function boundsOf(call: Call): Page {
  const bounds = call.params.map((param) => integer(call, param));
  return call.name === 'Limit' ? { from: 0, to: bounds[0]! } : { from: bounds[0]!, to: bounds[1]! };
}

function integer(call: Call, param: Param): number {
  if (param.kind === 'integer') return param.value;
  throw new GremlinError(
    'X-ARG',
    `${call.name} takes integers, not ${show(param)} at position ${param.position}`,
  );
}

/** What of a list lies within the page. */
export function slicePage<T extends { slice(from: number, to: number): T }>(
  list: T,
  page: Page | undefined,
): T {
  if (page === undefined) return list;
  return list.slice(page.from, Math.max(page.from, page.to));
}
