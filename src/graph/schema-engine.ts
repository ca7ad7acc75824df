// SPDX-License-Identifier: Apache-2.0

/** A part of JSON Schema draft 4: what the schemas of nodes and edges are written with. */
export interface Schema {
  readonly type?: readonly JsonType[];
  readonly minLength?: number;
  readonly enum?: readonly string[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly not?: Schema;
}

type JsonType = 'string' | 'integer' | 'null' | 'object';

/**
 * Errors in the order in which they are found, and a score that says how close the value came: of the branches of an
 * `anyOf` the closest one explains the failure. Score and order are those of the original's validator (gojsonschema),
 * as its texts are what clients of the API see.
 */
class Verdict {
  readonly errors: string[] = [];
  score = 0;

  add(context: string, text: string): void {
    this.errors.push(`${context === '' ? '(root)' : context}: ${text}`);
    // One point is gained at the end of each check.
    this.score -= 2;
  }

  merge(other: Verdict): void {
    this.errors.push(...other.errors);
    this.score += other.score;
  }
}

/** What is wrong with the value, in the order of finding; empty when it is valid. */
export function validate(schema: Schema, value: unknown): readonly string[] {
  return check(schema, value, '').errors;
}

function check(schema: Schema, value: unknown, context: string): Verdict {
  const verdict = new Verdict();
  checkInto(verdict, schema, value, context);
  return verdict;
}

function checkInto(verdict: Verdict, schema: Schema, value: unknown, context: string): void {
  const given = typeOf(value);
  if (schema.type !== undefined && !schema.type.includes(given as JsonType)) {
    const expected = schema.type.length > 1 ? `[${schema.type.join(',')}]` : schema.type[0];
    verdict.add(context, `Invalid type. Expected: ${expected}, given: ${given}`);
    return;
  }
  checkCombined(verdict, schema, value, context);
  if (given === 'object') checkRequired(verdict, schema, value as object, context);
  if (schema.enum !== undefined && !schema.enum.includes(value as string)) {
    const allowed = schema.enum.map((item) => JSON.stringify(item)).join(', ');
    verdict.add(context, `${context} must be one of the following: ${allowed}`);
  }
  verdict.score++;
  if (typeof value === 'string') {
    if (schema.minLength !== undefined && [...value].length < schema.minLength) {
      verdict.add(context, `String length must be greater than or equal to ${schema.minLength}`);
    }
    verdict.score++;
  }
  if (given === 'object') {
    for (const [key, property] of Object.entries(schema.properties ?? {})) {
      if (!Object.hasOwn(value as object, key)) continue;
      const inner = (value as Record<string, unknown>)[key];
      checkInto(verdict, property, inner, context === '' ? key : `${context}.${key}`);
    }
  }
  verdict.score++;
}

function checkCombined(verdict: Verdict, schema: Schema, value: unknown, context: string): void {
  if (schema.anyOf !== undefined) {
    const branches = schema.anyOf.map((branch) => check(branch, value, context));
    if (!branches.some(({ errors }) => errors.length === 0)) {
      verdict.add(context, 'Must validate at least one schema (anyOf)');
      verdict.merge(branches.reduce((best, branch) => (branch.score > best.score ? branch : best)));
    }
  }
  if (schema.allOf !== undefined) {
    const branches = schema.allOf.map((branch) => check(branch, value, context));
    for (const branch of branches) verdict.merge(branch);
    if (branches.some(({ errors }) => errors.length > 0)) {
      verdict.add(context, 'Must validate all the schemas (allOf)');
    }
  }
  if (schema.not !== undefined && check(schema.not, value, context).errors.length === 0) {
    verdict.add(context, 'Must not validate the schema (not)');
  }
  verdict.score++;
}

function checkRequired(verdict: Verdict, schema: Schema, value: object, context: string): void {
  for (const key of schema.required ?? []) {
    if (!Object.hasOwn(value, key)) verdict.add(context, `${key} is required`);
  }
  verdict.score++;
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}
