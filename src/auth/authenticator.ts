// SPDX-License-Identifier: Apache-2.0

/** One line of what a user may do, in the spelling that `/login` answers with. */
export interface Permission {
  readonly Object: string;
  readonly Action: string;
  readonly Allowed: boolean;
}

export interface Session {
  readonly user: string;
  /** What the client sends from now on; empty when none is needed. */
  readonly token: string;
}

/** Who comes in, and what they may do there. One for a service. */
export interface Authenticator {
  /**
   * The user behind a credential as it stood in the request (`''` when there was none).
   * Throws SKY_E_UNAUTHORIZED with the text for the client.
   */
  authenticate(credential: string): string | Promise<string>;
  /** Throws SKY_E_UNAUTHORIZED when refused. */
  login(username: string, password: string): Session | Promise<Session>;
  /** Gives a user without any role the default one, for the lifetime of the process. */
  assignDefaultRole(user: string): void;
  allows(user: string, object: string, action: string): boolean;
  /** Null where no policy is kept (on an agent). */
  permissions(user: string): readonly Permission[] | null;
}
