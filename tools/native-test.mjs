// SPDX-License-Identifier: Apache-2.0
// Builds and runs the C++ tests (native/**/*_test.cc, GoogleTest) without Node: `node tools/native-test.mjs
// [--sanitize] [--build-only] [gtest options]`. Objects stay in build/native-test, so only what changed is compiled again.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const sanitize = process.argv.includes('--sanitize');
const own = ['--sanitize', '--build-only'];
const passed = process.argv.slice(2).filter((word) => !own.includes(word));
const folder = join(root, 'build', sanitize ? 'native-test-sanitize' : 'native-test');

// The rooms that stand without Node; the addon's classes are tested from JavaScript.
const sources = ['kernel', 'layers', 'flow', 'capture', 'injector'].flatMap((room) =>
  readdirSync(join(root, 'native', room), { recursive: true })
    .filter((name) => name.endsWith('.cc') && !name.endsWith('_fuzz_test.cc'))
    .map((name) => `${room}/${name.slice(0, -3)}`),
);

const flags = ['-std=c++20', '-Wall', '-Wextra', '-Werror', '-g', '-MMD', '-I../../native'];
flags.push(...(sanitize ? ['-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'] : ['-O1']));

mkdirSync(folder, { recursive: true });
writeFileSync(
  join(folder, 'Makefile'),
  `OBJECTS = ${sources.map((name) => `${name}.o`).join(' ')}
run: $(OBJECTS)
\tg++ ${flags.join(' ')} $(OBJECTS) -lgtest -lgtest_main -lre2 -lpthread -ldl -o $@
$(OBJECTS): %.o: ../../native/%.cc
\t@mkdir -p $(dir $@)
\tg++ ${flags.join(' ')} -c $< -o $@
-include $(OBJECTS:.o=.d)
`,
);
const made = spawnSync('make', ['-s', '-j2', '-C', folder, 'run'], { encoding: 'utf8' });
if (made.status !== 0) {
  process.stderr.write(`${made.stdout}${made.stderr}`);
  process.exit(1);
}
if (process.argv.includes('--build-only')) process.exit(0);
// What is not given back is an error, too.
const asked = {
  ASAN_OPTIONS: 'detect_leaks=1:detect_stack_use_after_return=1',
  UBSAN_OPTIONS: 'print_stacktrace=1',
};
const run = spawnSync(join(folder, 'run'), passed, {
  stdio: 'inherit',
  env: sanitize ? { ...asked, ...process.env } : process.env,
});
process.exit(run.status ?? 1);
