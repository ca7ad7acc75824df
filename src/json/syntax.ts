// SPDX-License-Identifier: Apache-2.0

const literals: Readonly<Record<string, string>> = { t: 'true', f: 'false', n: 'null' };
const whitespace = new Set([' ', '\t', '\r', '\n']);
const escapable = new Set(['"', '\\', '/', 'b', 'f', 'n', 'r', 't']);

/** The text ends before its value does. */
export const endOfText = Symbol('end of text');

class Finding {
  readonly what: string | typeof endOfText;
  constructor(what: string | typeof endOfText) {
    this.what = what;
  }
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9';
}

/** Walks over a JSON text, one value after the other; throws a Finding at the first character that does not fit. */
class Walk {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  #refuse(context: string): never {
    const character = this.#text[this.#at];
    if (character === undefined) throw new Finding(endOfText);
    const shown = character === "'" ? "'\\''" : character === '"' ? "'\"'" : `'${printable(character)}'`;
    throw new Finding(`invalid character ${shown} ${context}`);
  }

  space(): void {
    while (whitespace.has(this.#text[this.#at] ?? '')) this.#at++;
  }

  end(): void {
    this.space();
    if (this.#at < this.#text.length) this.#refuse('after top-level value');
  }

  #take(): string | undefined {
    return this.#text[this.#at];
  }

  /** One value. Iterative: a text may nest deeper than the stack reaches. */
  value(): void {
    const open: ('{' | '[')[] = [];
    for (;;) {
      this.space();
      const character = this.#take();
      if (character === '{' || character === '[') {
        this.#at++;
        this.space();
        const closing = character === '{' ? '}' : ']';
        if (this.#take() === closing) this.#at++;
        else {
          open.push(character);
          if (character === '{') this.#key();
          continue;
        }
      } else this.#scalar(character);
      if (!this.#close(open)) return;
    }
  }

  /** After a value: leaves what ends with it and goes to the next value. False when the outermost one is over. */
  #close(open: ('{' | '[')[]): boolean {
    for (;;) {
      const inner = open.at(-1);
      if (inner === undefined) return false;
      this.space();
      const character = this.#take();
      if (character === ',') {
        this.#at++;
        if (inner === '{') {
          this.space();
          this.#key();
        }
        return true;
      }
      if (character !== (inner === '{' ? '}' : ']')) {
        this.#refuse(inner === '{' ? 'after object key:value pair' : 'after array element');
      }
      this.#at++;
      open.pop();
    }
  }

  #key(): void {
    if (this.#take() !== '"') this.#refuse('looking for beginning of object key string');
    this.#string();
    this.space();
    if (this.#take() !== ':') this.#refuse('after object key');
    this.#at++;
  }

  #scalar(character: string | undefined): void {
    if (character === '"') this.#string();
    else if (character === '-' || isDigit(character)) this.#number();
    else if (character !== undefined && literals[character] !== undefined) this.#literal(literals[character]);
    else this.#refuse('looking for beginning of value');
  }

  #literal(word: string): void {
    for (const expected of word) {
      if (this.#take() !== expected) this.#refuse(`in literal ${word} (expecting '${expected}')`);
      this.#at++;
    }
  }

  #string(): void {
    for (this.#at++; ; this.#at++) {
      const character = this.#take();
      if (character === '"') break;
      if (character === undefined || character < ' ') this.#refuse('in string literal');
      if (character !== '\\') continue;
      this.#at++;
      const escaped = this.#take();
      if (escaped === 'u') {
        for (let digit = 0; digit < 4; digit++) {
          this.#at++;
          if (!/[0-9a-fA-F]/.test(this.#take() ?? '')) this.#refuse('in \\u hexadecimal character escape');
        }
      } else if (!escapable.has(escaped ?? '')) this.#refuse('in string escape code');
    }
    this.#at++;
  }

  #digits(context: string): void {
    if (!isDigit(this.#take())) this.#refuse(context);
    while (isDigit(this.#take())) this.#at++;
  }

  #number(): void {
    if (this.#take() === '-') this.#at++;
    if (this.#take() === '0') this.#at++;
    else this.#digits('in numeric literal');
    if (this.#take() === '.') {
      this.#at++;
      this.#digits('after decimal point in numeric literal');
    }
    const exponent = this.#take();
    if (exponent !== 'e' && exponent !== 'E') return;
    this.#at++;
    if (this.#take() === '+' || this.#take() === '-') this.#at++;
    this.#digits('in exponent of numeric literal');
  }
}

function printable(character: string): string {
  return /\p{Cc}/u.test(character) ? JSON.stringify(character).slice(1, -1) : character;
}

/**
 * Why a text is no JSON, in the words that clients of the original know; `endOfText` where it stops too early,
 * undefined when it is JSON.
 */
export function syntaxFault(text: string): string | typeof endOfText | undefined {
  const walk = new Walk(text);
  try {
    walk.value();
    walk.end();
    return undefined;
  } catch (error) {
    if (error instanceof Finding) return error.what;
    throw error;
  }
}
