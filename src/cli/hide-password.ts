// SPDX-License-Identifier: Apache-2.0

const option = '--password';
const mask = '********';

/** The words of a command line with passwords masked; undefined when there are none. */
export function withoutPasswords(words: readonly string[]): string[] | undefined {
  let hidden = false;
  const shown = words.map((word, at) => {
    if (words[at - 1] === option) {
      hidden = true;
      return mask;
    }
    if (!word.startsWith(`${option}=`)) return word;
    hidden = true;
    return `${option}=${mask}`;
  });
  return hidden ? shown : undefined;
}

/** Takes a password that was given as an option out of what `ps` shows of this process. */
export function hidePasswords(): void {
  const shown = withoutPasswords(process.argv);
  // Writes over the words that the kernel shows; what is left of them is cleared (libuv, uv_set_process_title).
  if (shown !== undefined) process.title = shown.join(' ');
}
