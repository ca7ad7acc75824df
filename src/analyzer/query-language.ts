// SPDX-License-Identifier: Apache-2.0

// The language of the queries that an analyzer answers, for programs that help people to write them.

export type { Kind } from '../gremlin/current.js';
export { flowFieldPaths } from '../gremlin/flows/fields.js';
export { Lexer, type Token } from '../gremlin/lexer.js';
export { metricFields } from '../gremlin/metrics/of-nodes.js';
export { nothing } from '../gremlin/params.js';
export { predicateNames } from '../gremlin/parser.js';
export type { StepDefinition } from '../gremlin/step.js';
export { steps, vocabulary } from '../gremlin/steps/registry.js';
