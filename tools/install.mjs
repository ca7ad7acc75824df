// SPDX-License-Identifier: Apache-2.0
// Installs what building and `npm test` need, and builds; CI's first stage.
import { build, buildPackages, needDebianPackages, needNpmPackages, testPackages } from './host.mjs';

needDebianPackages([...buildPackages, ...testPackages], 'to compile the native part and to test it');
needNpmPackages();
build({ tests: true });
