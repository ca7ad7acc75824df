// SPDX-License-Identifier: Apache-2.0

import { cursorAt } from './cursor.js';
import { constants, keySteps, predicates, steps } from './words.js';

/** Asks the analyzer a query; what it gave, as JSON. */
export type Ask = (query: string) => Promise<unknown>;

/** Nodes whose values are offered. */
const sample = 2000;

function starting(words: readonly string[], start: string): string[] {
  return words.filter((word) => word.toLowerCase().startsWith(start.toLowerCase())).sort();
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** What may follow a query that is being typed: full words, and what of them is there already. */
export async function complete(query: string, ask: Ask): Promise<readonly [words: string[], typed: string]> {
  const { text, word, step, params } = cursorAt(query);
  if (text !== undefined) {
    const found = await texts(step ?? '', params, ask);
    // A quote within a text would close it.
    return [
      starting(
        found.filter((item) => !/["']/.test(item)),
        text,
      ),
      text,
    ];
  }
  if (step !== undefined) return [starting([...predicates, ...constants], word), word];
  if (!query.includes('.')) return [starting(['G'], word), word];
  const found = starting(steps, word);
  const [only] = found;
  return [only !== undefined && found.length === 1 && only !== 'G' ? [`${only}(`] : found, word];
}

/** Keys, or the values of the key before. */
async function texts(step: string, params: readonly string[], ask: Ask): Promise<readonly string[]> {
  const isKey = keySteps.has(step.toUpperCase()) || params.length % 2 === 0;
  const isPredicate = predicates.some(
    (name) => name.toUpperCase() === step.toUpperCase() && name !== 'Metadata',
  );
  if (isPredicate) return [];
  if (isKey) return strings(await ask(`G.V().Limit(${sample}).Keys()`));
  const key = params.at(-1) ?? '';
  return strings(await ask(`G.V().HasKey("${key}").Limit(${sample}).Values("${key}").Dedup()`));
}
