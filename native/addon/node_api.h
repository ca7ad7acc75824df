// SPDX-License-Identifier: Apache-2.0
// node-addon-api for all files of the addon; none includes <napi.h> by itself.
#pragma once

// A worker thread that is ended runs no JavaScript any more, but what its pool had to do still completes: an error that
// finds nobody to be thrown to is dropped instead of ending the process.
#ifndef NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS
#define NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS
#endif

#include <napi.h>
