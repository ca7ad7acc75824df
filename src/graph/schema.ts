// SPDX-License-Identifier: Apache-2.0

import type { ElementKind } from './element.js';
import { type Schema, validate } from './schema-engine.js';

const text: Schema = { type: ['string'] };
const nonEmpty: Schema = { type: ['string'], minLength: 1 };
const textOrNull: Schema = { type: ['string', 'null'] };
const timeOrNull: Schema = { type: ['integer', 'null'] };

const element: Schema = {
  properties: {
    ID: nonEmpty,
    Host: textOrNull,
    Origin: textOrNull,
    CreatedAt: timeOrNull,
    UpdatedAt: timeOrNull,
  },
  required: ['ID', 'Metadata'],
};

function withMetadata(...all: readonly Schema[]): Schema {
  return { properties: { Metadata: { allOf: all } } };
}

/** Metadata of a type that is known by something else than its name alone. */
function special(type: string, key: string): Schema {
  return withMetadata(
    { properties: { Type: { type: ['string'], enum: [type] } } },
    { properties: { [key]: text, Name: nonEmpty }, required: [key, 'Name'] },
  );
}

const schemas: Readonly<Record<ElementKind, Schema>> = {
  node: {
    type: ['object'],
    allOf: [
      element,
      {
        anyOf: [
          withMetadata({
            properties: { Type: { ...nonEmpty, not: { enum: ['netns', 'ovsport'] } }, Name: nonEmpty },
            required: ['Type', 'Name'],
          }),
          special('netns', 'Path'),
          special('ovsport', 'UUID'),
        ],
      },
    ],
  },
  edge: {
    type: ['object'],
    allOf: [
      {
        ...element,
        properties: {
          ...element.properties,
          Metadata: { allOf: [{ properties: { RelationType: nonEmpty }, required: ['RelationType'] }] },
        },
      },
      { properties: { Child: nonEmpty, Parent: nonEmpty }, required: ['Child', 'Parent'] },
    ],
  },
};

/**
 * Why the JSON value of a whole element is refused, undefined when it is not: `invalid schema: ` and the errors, most
 * recent first, a line each. Asked by the publisher endpoint, the API and rules; extra members are free.
 */
export function schemaError(kind: ElementKind, value: unknown): string | undefined {
  const errors = validate(schemas[kind], value);
  return errors.length === 0 ? undefined : `invalid schema: ${[...errors].reverse().join('\n')}`;
}
