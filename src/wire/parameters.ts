// SPDX-License-Identifier: Apache-2.0

import type { IncomingMessage } from 'node:http';
import type { Protocol } from './message.js';

/** Parameters of an upgrade request: a header or, where that is empty, the query parameter of the same name. */
export class UpgradeParameters {
  readonly path: string;
  readonly #headers: NodeJS.Dict<string[]>;
  readonly #query: URLSearchParams;

  constructor(request: IncomingMessage) {
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    this.path = mark === -1 ? url : url.slice(0, mark);
    this.#query = new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1));
    this.#headers = request.headersDistinct;
  }

  /** Empty when absent. */
  get(name: string): string {
    const key = name.toLowerCase();
    return this.#headers[key]?.[0] || this.#query.get(key) || '';
  }

  /** Every header line of that name. */
  header(name: string): readonly string[] {
    return this.#headers[name.toLowerCase()] ?? [];
  }

  /** Header lines and query values together. */
  all(name: string): readonly string[] {
    return [...this.header(name), ...this.#query.getAll(name.toLowerCase())];
  }

  /** Namespaces that the client may be sent; all of them when it names none. One per line, commas do not split. */
  get namespaces(): ReadonlySet<string> {
    const named = this.all('X-Websocket-Namespace');
    return new Set(named.length > 0 ? named : ['*']);
  }

  /** The declared protocol, undefined when it is none we speak. Case counts. */
  get protocol(): Protocol | '' | undefined {
    const protocol = this.get('X-Client-Protocol');
    return protocol === '' || protocol === 'json' || protocol === 'protobuf' ? protocol : undefined;
  }
}
