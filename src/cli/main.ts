// SPDX-License-Identifier: Apache-2.0

import { executableName } from './executable.js';
import { hidePasswords } from './hide-password.js';
import { createProgram } from './program.js';
import { reportFailure } from './report.js';

hidePasswords();

// A reader that has seen enough (`| head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

/** `help client query` is `client query --help`, which loads what it explains. */
function withoutHelpWord(words: readonly string[]): readonly string[] {
  return words[0] === 'help' && words.length > 1 ? [...words.slice(1), '--help'] : words;
}

try {
  const program = await createProgram(executableName(process.argv[1]));
  await program.parseAsync(withoutHelpWord(process.argv.slice(2)), { from: 'user' });
} catch (error) {
  await reportFailure(error);
  // Not by running out of work: a connection to a server that says no more would keep the process.
  process.stdout.write('', () => process.exit(1));
}
