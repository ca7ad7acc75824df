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

/** Who comes in, and what they may do there. One for each backend that a service uses. */
export interface Authenticator {
  /**
   * The user behind a credential as it stood in the request (`''` when there was none); `from` is the address it came
   * from. Throws SKY_E_UNAUTHORIZED with the text for the client.
   */
  authenticate(credential: string, from?: string): string | Promise<string>;
  /** Throws SKY_E_UNAUTHORIZED when refused. */
  login(username: string, password: string, from?: string): Session | Promise<Session>;
  /** The credential is no longer taken, until its user logs in again. */
  logout(credential: string): void | Promise<void>;
  /** A user without any role has the backend's default one. */
  allows(user: string, object: string, action: string): boolean;
  /** Null where no policy is kept (on an agent). */
  permissions(user: string): readonly Permission[] | null;
}

/** Finds out who somebody is: one kind of `auth.<name>` section. */
export interface Backend {
  /** As in `Authenticator`. */
  authenticate(credential: string, from: string): string | Promise<string>;
  login(username: string, password: string, from: string): Session | Promise<Session>;
  logout(credential: string): void | Promise<void>;
}

/** Decides what users may do. */
export interface Policy {
  /** `defaultRole` counts for users that have none. */
  allows(user: string, object: string, action: string, defaultRole: string): boolean;
  permissions(user: string, defaultRole: string): readonly Permission[];
}
