// SPDX-License-Identifier: Apache-2.0

const special = /[<>&\u2028\u2029]/;
const specials = /[<>&\u2028\u2029]/g;
const escapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/**
 * Escapes what the original's encoder escapes, so that a JSON text may stand inside HTML. These characters occur
 * only within strings of a JSON text, hence the text may be treated as a whole.
 */
export function escapeForHtml(json: string): string {
  return special.test(json) ? json.replace(specials, (character) => escapes[character]!) : json;
}

/** The compact JSON text of a value, with `<`, `>`, `&` and the line separators escaped. No newline at the end. */
export function encodeJson(value: unknown): string {
  return escapeForHtml(JSON.stringify(value) ?? 'null');
}
