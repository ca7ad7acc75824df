// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../../../errors.js';

export type TomlValue = string | number | boolean | TomlValue[] | { [key: string]: TomlValue };
type Table = { [key: string]: TomlValue };

const escapes: Readonly<Record<string, string>> = {
  b: '\b',
  t: '\t',
  n: '\n',
  f: '\f',
  r: '\r',
  '"': '"',
  '\\': '\\',
};

/** Reads TOML (toml.io, 1.0). Dates and times stay text; numbers beyond 2^53 lose precision. */
export function parseToml(text: string): Table {
  return new Reader(text).document();
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): Table {
    const root: Table = {};
    let table = root;
    for (this.#skip(true); this.#at < this.#text.length; this.#skip(true)) {
      if (this.#take('[[')) {
        const keys = this.#keys();
        this.#need(']]');
        const last = keys.pop()!;
        const parent = this.#descend(root, keys);
        const list = parent[last] ?? [];
        if (!Array.isArray(list)) throw this.#error(`${last} is no array of tables`);
        parent[last] = list;
        table = {};
        list.push(table);
      } else if (this.#take('[')) {
        table = this.#descend(root, this.#keys());
        this.#need(']');
      } else {
        this.#pair(table);
      }
      this.#skip(false);
      if (this.#at < this.#text.length && this.#text[this.#at] !== '\n') {
        throw this.#error('a new line is needed');
      }
    }
    return root;
  }

  #error(what: string): SkydiveError {
    const line = this.#text.slice(0, this.#at).split('\n').length;
    return new SkydiveError('SKY_E_CONFIG', `line ${line}: ${what}`);
  }

  #take(word: string): boolean {
    if (!this.#text.startsWith(word, this.#at)) return false;
    this.#at += word.length;
    return true;
  }

  #need(word: string): void {
    this.#skip(false);
    if (!this.#take(word)) throw this.#error(`"${word}" is needed`);
  }

  /** Spaces and comments, with line ends where they mean nothing. */
  #skip(lines: boolean): void {
    const blank = lines ? /(?:[ \t\r\n]|#[^\n]*)*/y : /(?:[ \t\r]|#[^\n]*)*/y;
    this.#match(blank);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  /** The table at the path, made where it is missing; in an array of tables its last. */
  #descend(from: Table, keys: readonly string[]): Table {
    let table = from;
    for (const key of keys) {
      if (!Object.hasOwn(table, key)) define(table, key, {});
      const next = table[key]!;
      const inner = Array.isArray(next) ? next.at(-1) : next;
      if (typeof inner !== 'object' || Array.isArray(inner)) throw this.#error(`${key} is no table`);
      table = inner;
    }
    return table;
  }

  #keys(): string[] {
    const keys: string[] = [];
    do {
      this.#skip(false);
      const quote = this.#text[this.#at];
      const key = quote === '"' || quote === "'" ? this.#string() : this.#match(/[A-Za-z0-9_-]+/y);
      if (key === undefined) throw this.#error('a key is needed');
      keys.push(key);
      this.#skip(false);
    } while (this.#take('.'));
    return keys;
  }

  #pair(table: Table): void {
    const keys = this.#keys();
    this.#need('=');
    this.#skip(false);
    const last = keys.pop()!;
    const parent = this.#descend(table, keys);
    if (Object.hasOwn(parent, last)) throw this.#error(`${last} is there twice`);
    define(parent, last, this.#value());
  }

  #value(): TomlValue {
    const first = this.#text[this.#at];
    if (first === '"' || first === "'") return this.#string();
    if (this.#take('[')) return this.#array();
    if (this.#take('{')) return this.#inlineTable();
    const word = this.#match(/[^\s,#\]}]+(?: \d\d:\d\d:\d\d\S*)?/y);
    if (word === 'true') return true;
    if (word === 'false') return false;
    if (word === undefined) throw this.#error('a value is needed');
    const digits = word.replaceAll('_', '');
    if (/^[+-]?(?:0x[0-9a-f]+|0o[0-7]+|0b[01]+)$/i.test(digits)) return Number(digits.replace(/^\+/, ''));
    if (/^[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(digits)) return Number(digits);
    if (/^[+-]?(?:inf|nan)$/.test(digits)) return digits;
    if (/^\d{4}-\d\d-\d\d|^\d\d:\d\d/.test(word)) return word;
    throw this.#error(`${word} is no value`);
  }

  #array(): TomlValue[] {
    const list: TomlValue[] = [];
    for (this.#skip(true); !this.#take(']'); this.#skip(true)) {
      list.push(this.#value());
      this.#skip(true);
      if (!this.#take(',') && this.#text[this.#at] !== ']') throw this.#error('"," or "]" is needed');
    }
    return list;
  }

  #inlineTable(): Table {
    const table: Table = {};
    for (this.#skip(false); !this.#take('}'); this.#skip(false)) {
      this.#pair(table);
      this.#skip(false);
      if (!this.#take(',') && this.#text[this.#at] !== '}') throw this.#error('"," or "}" is needed');
    }
    return table;
  }

  #string(): string {
    for (const quote of ['"""', "'''", '"', "'"]) {
      if (this.#take(quote)) return this.#rest(quote);
    }
    throw this.#error('a string is needed');
  }

  #rest(quote: string): string {
    const long = quote.length === 3;
    const raw = quote[0] === "'";
    if (long) this.#match(/\r?\n/y);
    let result = '';
    while (!this.#take(quote)) {
      const next = this.#text[this.#at++];
      if (next === undefined || (next === '\n' && !long)) throw this.#error(`${quote} is missing`);
      if (next !== '\\' || raw) {
        result += next;
        continue;
      }
      if (long && this.#match(/[ \t\r]*\n\s*/y) !== undefined) continue;
      result += this.#escape();
    }
    return result;
  }

  #escape(): string {
    const unicode = this.#match(/u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}/y);
    if (unicode !== undefined) {
      const point = Number.parseInt(unicode.slice(1), 16);
      if (point > 0x10ffff) throw this.#error(`\\${unicode} is no character`);
      return String.fromCodePoint(point);
    }
    const character = escapes[this.#text[this.#at] ?? ''];
    if (character === undefined) throw this.#error('an unknown escape');
    this.#at += 1;
    return character;
  }
}

/** Also for `__proto__`. */
function define(table: Table, key: string, value: TomlValue): void {
  Object.defineProperty(table, key, { value, enumerable: true, writable: true, configurable: true });
}
