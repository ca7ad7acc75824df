// SPDX-License-Identifier: Apache-2.0

/** Answers so far, as texts; lists separated by commas. */
export type Given = Readonly<Record<string, string>>;

/** One question of the wizard, and the option that answers it. */
export interface Question {
  /** Of the option, without dashes. */
  readonly name: string;
  /** What the option takes, for the help. */
  readonly value: string;
  readonly help: string;
  /** `secret` is not shown while it is typed, and `--NAME-file` names a file that holds it. */
  readonly kind: 'choice' | 'text' | 'secret';
  readonly choices?: readonly { readonly value: string; readonly name: string }[];
  /** Whether it matters after the answers before it. */
  applies(given: Given): boolean;
  message(given: Given): string;
  /** What is taken where nobody can be asked, and proposed to whom is; undefined: there has to be an answer. */
  proposal?(given: Given): string | undefined;
  /** Why the answer will not do; undefined when it will. */
  wrong?(text: string, given: Given): string | undefined;
}

/** The parts of a list. */
export function listed(text: string | undefined): string[] {
  return (text ?? '')
    .split(/[\s,]+/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
