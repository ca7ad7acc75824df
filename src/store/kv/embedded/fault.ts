// SPDX-License-Identifier: Apache-2.0

/** Errors of etcd's keys API v2: number → message and HTTP status (etcd documentation v2.3, "error codes"). */
const table = {
  100: ['Key not found', 404],
  101: ['Compare failed', 412],
  102: ['Not a file', 403],
  104: ['Not a directory', 400],
  105: ['Key already exists', 412],
  107: ['Root is read only', 400],
  108: ['Directory not empty', 403],
  110: ['The request requires user authentication', 401],
  201: ['PrevValue is Required in POST form', 400],
  202: ['The given TTL in POST form is not a number', 400],
  203: ['The given index in POST form is not a number', 400],
  209: ['Invalid field', 400],
  210: ['Invalid POST form', 400],
  211: ['Value provided on refresh', 400],
  212: ['A TTL must be provided on refresh', 400],
  300: ['Raft Internal Error', 500],
  401: ['The event in requested index is outdated and cleared', 400],
} as const;

export type FaultCode = keyof typeof table;

/** What the keys API answers instead of an event. */
export class EtcdFault extends Error {
  readonly code: FaultCode;
  /** What it is about: a key, or what was compared. */
  readonly about: string;
  /** Index of the store when it was asked. */
  readonly index: number;

  constructor(code: FaultCode, about: string, index: number) {
    super(`${table[code][0]} (${about})`);
    this.name = 'EtcdFault';
    this.code = code;
    this.about = about;
    this.index = index;
  }

  get status(): number {
    return table[this.code][1];
  }

  /** The body of the answer. */
  toJSON() {
    const cause = this.about === '' ? {} : { cause: this.about };
    return { errorCode: this.code, message: table[this.code][0], ...cause, index: this.index };
  }
}
