// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../../errors.js';
import type { Node } from '../../graph/element.js';
import type { Result } from '../result.js';
import { Scheduler } from '../scheduler.js';

const shown = ['Type', 'IfIndex', 'State', 'TID', 'IPV4', 'IPV6'];

/** A string within quotes of the dot language; the original did not escape. */
function quoted(text: string): string {
  return text.replace(/["\\]/g, (character) => `\\${character}`).replaceAll('\n', '\\n');
}

function text(value: unknown): string {
  return quoted(Array.isArray(value) ? `[${value.join(' ')}]` : String(value));
}

function titleOf({ ID, Metadata }: Node): string {
  return `${quoted(typeof Metadata['Name'] === 'string' ? Metadata['Name'] : '')}-${quoted(ID.slice(0, 8))}`;
}

function nodeLine(node: Node): string {
  const title = titleOf(node);
  const label = shown
    .filter((key) => node.Metadata[key] !== undefined)
    .map((key) => `\\n${key} = ${text(node.Metadata[key])}`)
    .join('');
  return `"${title}" [label="${title}${label}"]\n`;
}

/** A word of the dot language, in quotes where it has to be. */
function word(value: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(value) ? value : `"${quoted(value)}"`;
}

/** The graph in the language of Graphviz, in chunks. Throws SKY_E_NOT_ACCEPTABLE when the result is no graph. */
export function encodeDot(result: Result, scheduler: Scheduler = new Scheduler()): AsyncGenerator<string> {
  if (result.kind === 'Graph') return chunks(result, scheduler);
  throw new SkydiveError(
    'SKY_E_NOT_ACCEPTABLE',
    'Only graph can be outputted as dot: end the query with SubGraph()',
  );
}

async function* chunks(
  result: Extract<Result, { kind: 'Graph' }>,
  scheduler: Scheduler,
): AsyncGenerator<string> {
  const titles = new Map<string, string>();
  let chunk = 'digraph g {\n';
  for (const node of result.nodes) {
    titles.set(node.ID, titleOf(node));
    chunk += nodeLine(node);
    if (chunk.length > 65536) {
      yield chunk;
      chunk = '';
      if (scheduler.due()) await scheduler.pause();
    }
  }
  for (const { Parent, Child, Metadata } of result.edges) {
    const parent = titles.get(Parent);
    const child = titles.get(Child);
    if (parent === undefined || child === undefined) continue;
    const relation = Metadata['RelationType'];
    const direction = relation === 'layer2' ? 'both' : 'forward';
    const label = typeof relation === 'string' ? ` [label=${word(relation)},dir=${direction}]` : '';
    chunk += `"${parent}" -> "${child}"${label}\n`;
    if (chunk.length > 65536) {
      yield chunk;
      chunk = '';
      if (scheduler.due()) await scheduler.pause();
    }
  }
  yield `${chunk}}`;
}
