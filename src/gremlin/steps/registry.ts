// SPDX-License-Identifier: Apache-2.0

import type { Vocabulary } from '../parser.js';
import type { StepDefinition } from '../step.js';
import { Aggregates } from './Aggregates.js';
import { As } from './As.js';
import { Ascendants } from './Ascendants.js';
import { Both } from './Both.js';
import { BothE } from './BothE.js';
import { BothV } from './BothV.js';
import { BPF } from './BPF.js';
import { Context } from './Context.js';
import { Count } from './Count.js';
import { Dedup } from './Dedup.js';
import { Descendants } from './Descendants.js';
import { E } from './E.js';
import { Explain } from './Explain.js';
import { Flows } from './Flows.js';
import { G } from './G.js';
import { Group } from './Group.js';
import { Has } from './Has.js';
import { HasEither } from './HasEither.js';
import { HasKey } from './HasKey.js';
import { HasNot } from './HasNot.js';
import { Hops } from './Hops.js';
import { In } from './In.js';
import { InE } from './InE.js';
import { InV } from './InV.js';
import { Keys } from './Keys.js';
import { Limit } from './Limit.js';
import { Metrics } from './Metrics.js';
import { MoreThan } from './MoreThan.js';
import { Neighbors } from './Neighbors.js';
import { NextHop } from './NextHop.js';
import { Nodes } from './Nodes.js';
import { Out } from './Out.js';
import { OutE } from './OutE.js';
import { OutV } from './OutV.js';
import { Range } from './Range.js';
import { RawPackets } from './RawPackets.js';
import { Select } from './Select.js';
import { ShortestPathTo } from './ShortestPathTo.js';
import { Sockets } from './Sockets.js';
import { Sort } from './Sort.js';
import { SubGraph } from './SubGraph.js';
import { Sum } from './Sum.js';
import { V } from './V.js';
import { ValueMap } from './ValueMap.js';
import { Values } from './Values.js';
import { Workflow } from './Workflow.js';

/** Every step of the language. */
export const steps: readonly StepDefinition[] = [
  G,
  V,
  E,
  Context,
  Has,
  HasKey,
  HasNot,
  HasEither,
  In,
  Out,
  Both,
  InE,
  OutE,
  BothE,
  InV,
  OutV,
  BothV,
  Range,
  Limit,
  Count,
  Values,
  ValueMap,
  Keys,
  Sum,
  Sort,
  Dedup,
  As,
  Select,
  ShortestPathTo,
  SubGraph,
  Descendants,
  Ascendants,
  Neighbors,
  Explain,
  Flows,
  Hops,
  Nodes,
  Metrics,
  Aggregates,
  RawPackets,
  BPF,
  Sockets,
  Group,
  MoreThan,
  NextHop,
  Workflow,
];

/** `full` is what analyzers speak; `core`, that of agents, lacks the extensions. */
export type Dialect = 'full' | 'core';

interface Words extends Vocabulary {
  definition(name: string): StepDefinition;
}

function build(dialect: Dialect): Words {
  const byName = new Map<string, StepDefinition>();
  const names: string[] = [];
  for (const step of steps) {
    if (dialect === 'core' && step.extension === true) continue;
    for (const name of [step.name, ...(step.aliases ?? [])]) {
      byName.set(name.toUpperCase(), step);
      names.push(name);
    }
  }
  return {
    get: (upperName) => byName.get(upperName),
    names: () => names,
    definition: (name) => byName.get(name.toUpperCase())!,
  };
}

const built = new Map<Dialect, Words>();

/** The words of a dialect. */
export function vocabulary(dialect: Dialect): Words {
  const words = built.get(dialect) ?? build(dialect);
  built.set(dialect, words);
  return words;
}
