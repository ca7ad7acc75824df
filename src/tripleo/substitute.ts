// SPDX-License-Identifier: Apache-2.0

/**
 * oslo.config's references in a value of a configuration file: `$plan` and `${plan}` stand for that option's value,
 * `$$` and `\$` for a dollar. A name that is no option stays as it stands: passwords have dollars too.
 */
export function substitute(text: string, lookUp: (key: string) => string | undefined): string {
  return text.replace(/\\\$|\$\$|\$(?:\{(\w+)\}|(\w+))/g, (whole, braced?: string, bare?: string) => {
    const key = braced ?? bare;
    return key === undefined ? '$' : (lookUp(key) ?? whole);
  });
}
