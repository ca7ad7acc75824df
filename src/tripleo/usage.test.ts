// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { help, usage } from './usage.js';

const documented = `usage: skydive-tripleo-inventory [-h] [--agent-extra-file AGENT_EXTRA_FILE]
                                 [--analyzer-extra-file ANALYZER_EXTRA_FILE]
                                 [--ansible-ssh-user ANSIBLE_SSH_USER]
                                 [--auth-token AUTH_TOKEN]
                                 [--auth-url AUTH_URL] [--cacert CACERT]
                                 [--config-dir DIR] [--config-file PATH]
                                 [--extra-file EXTRA_FILE]
                                 [--inventory-file INVENTORY_FILE]
                                 [--password PASSWORD] [--plan PLAN]
                                 [--project-name PROJECT_NAME]
                                 [--undercloud-params-file UNDERCLOUD_PARAMS_FILE]
                                 [--username USERNAME]
`;

test('the usage is the documented one', () => {
  assert.equal(usage(), documented);
});

test('the help is the documented one', () => {
  assert.equal(
    help(),
    `${documented}
optional arguments:
  -h, --help            show this help message and exit
  --agent-extra-file AGENT_EXTRA_FILE
                        extra vars agent file
  --analyzer-extra-file ANALYZER_EXTRA_FILE
                        extra vars analyzer file
  --ansible-ssh-user ANSIBLE_SSH_USER
  --auth-token AUTH_TOKEN
  --auth-url AUTH_URL
  --cacert CACERT
  --config-dir DIR      Path to a config directory to pull \`*.conf\` files
                        from. This file set is sorted, so as to provide a
                        predictable parse order if individual options are
                        over-ridden. The set is parsed after the file(s)
                        specified via previous --config-file, arguments hence
                        over-ridden options in the directory take precedence.
  --config-file PATH    Path to a config file to use. Multiple config files
                        can be specified, with values in later files taking
                        precedence. Defaults to None.
  --extra-file EXTRA_FILE
                        extra vars file
  --inventory-file INVENTORY_FILE
                        file to be written
  --password PASSWORD
  --plan PLAN
  --project-name PROJECT_NAME
  --undercloud-params-file UNDERCLOUD_PARAMS_FILE
                        undercloud params file
  --username USERNAME
`,
  );
});
