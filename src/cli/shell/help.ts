// SPDX-License-Identifier: Apache-2.0

import type { StepDefinition } from '../../gremlin/step.js';
import { steps, vocabulary } from '../../gremlin/steps/registry.js';

const overview = `G…             a Gremlin query, like G.V().Has("Type", "host").Count(); it goes on
               over lines while parentheses are open, an empty line ends it
format NAME    shows results as table, json or yaml
help           this; help STEP explains a step
exit           leaves, as ^D does
Tab completes steps, keys and values; ^C drops the line or stops the query.

Steps: `;

/** Words in lines of at most 78 characters, with two blanks in front of all but the first. */
function wrapped(text: string): string {
  let column = 0;
  return text
    .split(' ')
    .map((word, index) => {
      const breaks = index > 0 && column + 1 + word.length > 78;
      column = breaks ? 2 + word.length : column + (index > 0 ? 1 : 0) + word.length;
      return `${breaks ? '\n  ' : index > 0 ? ' ' : ''}${word}`;
    })
    .join('');
}

/** What works in the shell, or what a step does. */
export function helpOn(topic: string): string {
  if (topic === '') return `${overview}${wrapped(steps.map(({ name }) => name).join(' '))}\n`;
  const step = vocabulary('full').get(topic.toUpperCase()) as StepDefinition | undefined;
  if (step === undefined) return `There is no step ${topic}; help lists all.\n`;
  const also = step.aliases === undefined ? '' : ` (also ${step.aliases.join(', ')})`;
  return `${wrapped(`${step.name}${also}: ${step.doc}`)}\n  follows ${step.accepts.join(', ')}; gives ${step.returns}\n`;
}
