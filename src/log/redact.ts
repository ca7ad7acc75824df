// SPDX-License-Identifier: Apache-2.0

const mask = '********';
/** Shorter secrets would blot out ordinary words ("root"); they are masked where a URL carries them. */
const shortest = 6;
const credentials = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:)[^\s/@]+@/gi;

/** What takes passwords out of a message: those of URLs, and those the configuration holds. */
export function redactor(secrets: readonly string[]): (message: string) => string {
  const long = secrets.filter((secret) => secret.length >= shortest).sort((a, b) => b.length - a.length);
  return (message) => {
    let text = message.includes('@') ? message.replace(credentials, `$1${mask}@`) : message;
    for (const secret of long) if (text.includes(secret)) text = text.replaceAll(secret, mask);
    return text;
  };
}
