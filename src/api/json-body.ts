// SPDX-License-Identifier: Apache-2.0

import { messageOf, SkydiveError } from '../errors.js';
import { endOfText, syntaxFault } from '../json/syntax.js';

/** The value of a JSON text. Throws SKY_E_BAD_REQUEST in the words of the original's decoder. */
export function parseJson(text: string, atEnd: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const fault = syntaxFault(text);
    const message = fault === endOfText ? atEnd : (fault ?? messageOf(error));
    throw new SkydiveError('SKY_E_BAD_REQUEST', message, { cause: error });
  }
}
