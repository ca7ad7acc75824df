// SPDX-License-Identifier: Apache-2.0
#include "addon/addon.h"

namespace skydive::addon {

void Deliver(napi_env env, napi_value callback, std::initializer_list<napi_value> arguments) {
  napi_value receiver;
  if (napi_get_undefined(env, &receiver) != napi_ok) return;
  auto called = napi_call_function(env, receiver, callback, arguments.size(), arguments.begin(), nullptr);
  if (called != napi_pending_exception) return;
  napi_value exception;
  if (napi_get_and_clear_last_exception(env, &exception) == napi_ok) napi_fatal_exception(env, exception);
}

}  // namespace skydive::addon
