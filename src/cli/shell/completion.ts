// SPDX-License-Identifier: Apache-2.0

import type { Kind } from '../../gremlin/current.js';
import { metricFields } from '../../gremlin/metrics/of-nodes.js';
import { nothing } from '../../gremlin/params.js';
import { predicateNames } from '../../gremlin/parser.js';
import type { StepDefinition } from '../../gremlin/step.js';
import { steps } from '../../gremlin/steps/registry.js';
import { formats } from './display.js';
import type { KnownValues, Scalar } from './known-values.js';
import { roleOf } from './parameters.js';
import { type Place, placeOf } from './place.js';

/** What may stand in place of `word`, the end of the text. */
export interface Completion {
  readonly candidates: readonly string[];
  readonly word: string;
}

/** What Flows takes in although it only finds out while it runs. */
const afterFlows = new Set(['Has', 'HasEither', 'Dedup', 'Sort', 'Limit', 'Range']);

function mayFollow(step: StepDefinition, kind: Kind | undefined): boolean {
  if (kind === undefined || step.accepts.includes(kind)) return true;
  return kind === 'Flows' && afterFlows.has(step.name);
}

function written(step: StepDefinition, name: string): string {
  if (step.bare === true) return name;
  return step.check === nothing ? `${name}()` : `${name}(`;
}

function stepsAfter(kind: Kind | undefined): readonly string[] {
  return steps
    .filter((step) => mayFollow(step, kind))
    .flatMap((step) => [step.name, ...(step.aliases ?? [])].map((name) => written(step, name)));
}

/** A text between quotes; undefined when it cannot be written, for the language has no escapes. */
function quoted(text: string, quote: string): string | undefined {
  return /["'\p{Cc}]/u.test(text) ? undefined : `${quote}${text}${quote}`;
}

function literal(value: Scalar, quote: string, word: string): string | undefined {
  if (typeof value === 'string') return quoted(value, quote);
  // Within quotes only texts make sense; the language has no negative numbers.
  if (/^["']/.test(word) || (typeof value === 'number' && !/^\d+(\.\d+)?$/.test(String(value))))
    return undefined;
  return String(value);
}

async function ofParameter(
  place: Place & { kind: 'parameter' },
  known: KnownValues,
): Promise<readonly (string | undefined)[]> {
  const { word } = place;
  const quote = /^["']/.test(word) ? word[0]! : '"';
  const bare = !/^["']/.test(word);
  const role = roleOf(place);
  switch (role.kind) {
    case 'key': {
      const keys = await known.keys(role.subject, role.base);
      return [...keys.map((key) => quoted(key, quote)), ...(role.order && bare ? ['ASC', 'DESC'] : [])];
    }
    case 'value': {
      const values = await known.values(role.subject, role.base, role.key, word.replace(/^["']/, ''));
      const predicates = role.predicates && bare ? predicateNames.filter((name) => name !== 'Metadata') : [];
      return [...values.map((value) => literal(value, quote, word)), ...predicates.map((name) => `${name}(`)];
    }
    case 'metric':
      return metricFields.map((field) => quoted(field, quote));
    case 'metadata':
      return ['Metadata('];
    case 'anything':
      return [];
  }
}

/** The words of the shell itself. */
const commands = ['G.', 'exit', 'format ', 'help '];

async function candidatesAt(place: Place, known: KnownValues): Promise<readonly (string | undefined)[]> {
  switch (place.kind) {
    case 'start':
      return commands;
    case 'dot':
      return ['.'];
    case 'step':
      return stepsAfter(place.after);
    case 'parameter':
      return ofParameter(place, known);
    case 'unknown':
      return [];
  }
}

function ofCommand(text: string): Completion | undefined {
  const [, command, word = ''] = /^\s*(help|\?|format)\s+(\w*)$/.exec(text) ?? [];
  if (command === undefined) return undefined;
  const candidates = command === 'format' ? formats : steps.map(({ name }) => name);
  return { candidates: startingWith(candidates, word), word };
}

function startingWith(candidates: readonly (string | undefined)[], word: string): readonly string[] {
  const start = word.toLowerCase();
  return [
    ...new Set(
      candidates.filter((candidate) => candidate?.toLowerCase().startsWith(start)) as readonly string[],
    ),
  ].sort();
}

/** What may follow `text`, which ends at the cursor; the lines before it included. */
export async function complete(text: string, known: KnownValues): Promise<Completion> {
  const command = ofCommand(text);
  if (command !== undefined) return command;
  const place = placeOf(text);
  return { candidates: startingWith(await candidatesAt(place, known), place.word), word: place.word };
}
