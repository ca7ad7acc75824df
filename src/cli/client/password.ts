// SPDX-License-Identifier: Apache-2.0

/**
 * Asks for the password of a user on the terminal, without echo; empty where there is no terminal to ask on. The
 * question goes to standard error: standard output is the answer's.
 */
export async function askPassword(username: string): Promise<string> {
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) return '';
  const { default: inquirer } = await import('inquirer');
  const ask = inquirer.createPromptModule({ output: process.stderr });
  const { password } = await ask<{ password: string }>([
    { type: 'password', name: 'password', message: `Password of ${username}:`, mask: false },
  ]);
  return password;
}
