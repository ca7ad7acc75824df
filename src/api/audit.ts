// SPDX-License-Identifier: Apache-2.0

export interface Audited {
  /** Undefined when nobody could be made out. */
  readonly user: string | undefined;
  readonly from: string;
  /** `write capture (POST /api/capture)`. */
  readonly what: string;
  readonly allowed: boolean;
  readonly why?: string;
}

/** One line of the log that says who, from where, what, and whether it was allowed. */
export function auditLine({ user, from, what, allowed, why }: Audited): string {
  // A name comes from outside: it must not make lines of its own.
  const who = user === undefined ? 'unknown user' : `user ${JSON.stringify(user)}`;
  return `audit: ${who} from ${from || 'unknown address'}: ${what}: ${allowed ? 'allowed' : `refused${why === undefined ? '' : ` (${why})`}`}`;
}
