// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../errors.js';
import type { Handler } from './exchange.js';

/** Who may use a route: anybody, any known user, or users whom the policy allows the action on the object. */
export type RouteAccess =
  | 'public'
  | 'user'
  | {
      readonly object: string;
      readonly action: 'read' | 'write';
      /** A refusal is 405, with or without a text, as the original has it for this route. */
      readonly refusal: 'empty' | 'text';
    };

/** One row of the table of routes. */
export interface Route {
  /**
   * Exact and case-sensitive. `{name}` is one non-empty segment; `{name...}`, at the end only, is everything that
   * follows, even nothing.
   */
  readonly path: string;
  readonly methods: readonly string[] | 'any';
  readonly access: RouteAccess;
  readonly handler: Handler;
  /** Largest body in bytes; the server's limit where absent. */
  readonly bodyLimit?: number;
  /** Announces strict transport security when TLS is on. */
  readonly hsts?: true;
}

export type Match =
  | { readonly kind: 'route'; readonly route: Route; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: 'redirect'; readonly path: string }
  | { readonly kind: 'wrongMethod' }
  | { readonly kind: 'unknown' };

interface Compiled {
  readonly route: Route;
  readonly pattern: RegExp;
  readonly strictSlash: boolean;
}

function compile(route: Route): Compiled {
  if (route.access === undefined) {
    throw new SkydiveError(
      'SKY_E_INTERNAL',
      `route ${route.path} has no access row: say who may use it in the table of routes`,
    );
  }
  const rest = /\{[a-zA-Z]+\.\.\.\}$/.test(route.path);
  const pattern = route.path
    .split(/(\{[a-zA-Z]+(?:\.\.\.)?\})/)
    .map((part) => {
      const name = /^\{([a-zA-Z]+)(\.\.\.)?\}$/.exec(part);
      if (name === null) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      return name[2] === undefined ? `(?<${name[1]}>[^/]+)` : `(?<${name[1]}>.*?)/?`;
    })
    .join('');
  return { route, pattern: new RegExp(`^${pattern}$`, 's'), strictSlash: !rest && !route.path.endsWith('/') };
}

/** The routes in order; the first that fits path and method wins. */
export class RouteTable {
  readonly #routes: readonly Compiled[];

  /** Throws SKY_E_INTERNAL for a route that does not say who may use it. */
  constructor(routes: readonly Route[]) {
    this.#routes = routes.map(compile);
  }

  /** Path: percent-decoded, without query. */
  match(method: string, path: string): Match {
    const bare = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : undefined;
    let pathKnown = false;
    for (const { route, pattern, strictSlash } of this.#routes) {
      const exact = pattern.exec(path);
      const slashed = exact === null && strictSlash && bare !== undefined ? pattern.exec(bare) : null;
      if (exact === null && slashed === null) continue;
      if (route.methods !== 'any' && !route.methods.includes(method)) {
        pathKnown = true;
        continue;
      }
      if (exact === null) return { kind: 'redirect', path: bare! };
      return { kind: 'route', route, params: { ...exact.groups } };
    }
    return { kind: pathKnown ? 'wrongMethod' : 'unknown' };
  }
}
